//! Tools the tests need beside Rust: found, else installed where we may, else named.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, bail};

use crate::{
    postgres,
    process::{output, step},
};

/// The oldest Node release that the tests' packages support.
pub(crate) const NODE: u32 = 20;

/// Makes sure that Node and npm are there.
pub fn ensure_node() -> Result<()> {
    if node_is_new_enough() {
        return Ok(());
    }
    install(&["nodejs", "npm"])?;
    if node_is_new_enough() {
        return Ok(());
    }
    bail!("Node {NODE} or newer is needed and apt-get has none; see https://nodejs.org/en/download")
}

/// Makes sure that Chromium is there, for the dashboard's tests and those of the pages to sign in.
pub fn ensure_chromium() -> Result<()> {
    if present("chromium", "--version") {
        return Ok(());
    }
    install(&["chromium"])?;
    if present("chromium", "--version") {
        return Ok(());
    }
    bail!("apt-get installed `chromium`, but it does not start")
}

/// Makes sure that the binaries of a Postgres server are there, and says where.
pub fn ensure_postgres() -> Result<PathBuf> {
    if let Some(found) = postgres::binaries() {
        return Ok(found);
    }
    install(&["postgresql"])?;
    match postgres::binaries() {
        Some(found) => Ok(found),
        None => bail!("apt-get installed `postgresql`, but no `initdb` was found"),
    }
}

/// Whether a program answers at all.
pub fn present(program: &str, argument: &str) -> bool {
    output(program, &[argument]).is_some()
}

/// Whether we may change this machine.
pub fn is_root() -> bool {
    output("id", &["-u"]).as_deref() == Some("0")
}

/// Whether Node and npm are there, and not too old.
pub(crate) fn node_is_new_enough() -> bool {
    let major = |version: String| version.strip_prefix('v')?.split('.').next()?.parse::<u32>().ok();
    output("node", &["--version"]).and_then(major).is_some_and(|it| it >= NODE)
        && present("npm", "--version")
}

fn install(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    if !is_root() || !present("apt-get", "--version") {
        bail!("missing on this machine: {}. Type: sudo sh -c '{line}'", packages.join(", "));
    }
    step(
        &format!("install {}", packages.join(" ")),
        Command::new("sh")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-c", &format!("({line}) >/dev/null")]),
    )
}
