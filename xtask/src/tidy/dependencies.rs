//! Dependencies: arrows point inwards, and each outside power has one owner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::process::cargo;

/// What of ours a crate may depend on, and which restricted crates it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("store", &["domain", "eventstore"]),
    ("projections", &["domain", "store", "sqlx", "pglite-oxide"]),
    (
        "api",
        &[
            "domain",
            "store",
            "projections",
            "embedded-store",
            "axum",
            "async-graphql",
            "async-graphql-axum",
        ],
    ),
    ("embedded-store", &["rusqlite", "axum"]),
    // For services of others, who have nothing of ours but this.
    ("resource-server", &["axum"]),
    ("client", &[]),
    (
        "tests",
        &[
            "domain",
            "store",
            "projections",
            "api",
            "embedded-store",
            "resource-server",
            "client",
            "eventstore",
            "sqlx",
            "xtask",
        ],
    ),
    (
        "bench",
        &[
            "domain",
            "store",
            "projections",
            "embedded-store",
            "eventstore",
            "rusqlite",
            "sqlx",
            "axum",
            "xtask",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that only those who name them above may use.
const RESTRICTED: &[&str] = &[
    "domain",
    "store",
    "projections",
    "api",
    "embedded-store",
    "resource-server",
    "client",
    "tests",
    "bench",
    "xtask",
    "eventstore",
    "sqlx",
    "pglite-oxide",
    "rusqlite",
    "axum",
    "async-graphql",
    "async-graphql-axum",
];

/// All that the rules may know: no runtime, no clock, no network.
const DOMAIN: &[&str] = &[
    "base64",
    "chrono",
    "crc32fast",
    "hex",
    "ipnet",
    // A state with many members is copied for every command: by sharing, not by size.
    "rpds",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "unicode-normalization",
    "unicode-security",
    // What a redirect URI's normal form is, only a whole parser of URLs knows.
    "url",
    "uuid",
    "zeroize",
    "zxcvbn",
];

#[test]
fn dependencies_point_inward() {
    for (package, dependencies) in dependencies() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package) else {
            panic!("`{package}` is new: say here what it may depend on");
        };
        for dependency in dependencies {
            assert!(
                allowed.contains(&&*dependency) || !RESTRICTED.contains(&&*dependency),
                "`{package}` may not depend on `{dependency}`, see ARCHITECTURE.md"
            );
        }
    }
}

#[test]
fn the_domain_depends_on_a_handful_of_crates() {
    let all = dependencies();
    let extra: Vec<_> = all["domain"].iter().filter(|it| !DOMAIN.contains(&&***it)).collect();
    assert!(extra.is_empty(), "the rules need no {extra:?}; if they do, say why here");
}

/// What each package of the workspace is built from, tests and build scripts apart.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = cargo(["metadata", "--no-deps", "--format-version=1"]).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let built = dependencies.iter().filter(|it| it["kind"].is_null());
            (text(&package["name"]), built.map(|it| text(&it["name"])).collect())
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
