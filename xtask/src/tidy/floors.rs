//! Floors: the oldest releases without a known hole.
//!
//! Advisory databases have no entry for some of these, so a clean audit is not enough.

use std::fs;

use crate::workspace_root;

/// A crate, and the first release that may be built.
const FLOORS: &[(&str, &str)] = &[
    ("jsonwebtoken", "10.3.0"),       // CVE-2026-25537, in no RustSec file
    ("async-graphql", "7.0.10"),      // CVE-2024-47614, in no RustSec file
    ("h2", "0.4.16"),                 // reset floods
    ("tonic", "0.12.3"),              // a peer could stop the server's accept loop
    ("sqlx", "0.8.1"),                // RUSTSEC-2024-0363: truncated lengths in the protocol
    ("tracing-subscriber", "0.3.20"), // RUSTSEC-2025-0055: escape sequences in logs
    ("time", "0.3.47"),               // stack exhaustion while parsing
    ("rustls-webpki", "0.103.13"),    // revocation and name constraints
    ("bytes", "1.11.1"),              // overflow in `reserve`
];

/// Crates that may not be in the graph at all.
const BANNED: &[&str] = &[
    "rsa",         // RUSTSEC-2023-0071, no fix: keys leak through timing
    "openssl-sys", // one implementation of TLS: rustls with aws-lc-rs
];

#[test]
fn no_dependency_is_older_than_its_floor() {
    for (name, version) in locked() {
        if let Some((_, floor)) = FLOORS.iter().find(|(it, _)| *it == name) {
            assert!(number(&version) >= number(floor), "{name} {version} is older than {floor}");
        }
    }
}

#[test]
fn no_banned_crate_is_locked() {
    for (name, version) in locked() {
        assert!(!BANNED.contains(&&*name), "{name} {version} may not be used");
    }
}

/// Name and version of every package in the lock file.
fn locked() -> Vec<(String, String)> {
    let lock = fs::read_to_string(workspace_root().join("Cargo.lock")).expect("it is checked in");
    let value = |line: &str, key: &str| {
        Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            let name = package.lines().find_map(|line| value(line, "name"))?;
            Some((name, package.lines().find_map(|line| value(line, "version"))?))
        })
        .collect()
}

/// Release numbers; what follows a dash is older than what has none, so floors have none.
fn number(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|part| part.parse().expect("a number")).collect()
}
