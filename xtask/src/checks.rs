//! What must hold before a change is merged; the same on a laptop and in CI.

use anyhow::Result;
use clap::Parser as _;

use crate::{
    chores::Test,
    dashboard, generate,
    process::{cargo, step},
    tools::{self, present},
    workspace_root,
};

/// The profiles of `docker-compose.yml`.
const COMPOSE_PROFILES: &[&str] = &["dev", "cluster"];

/// Everything, cheapest first, so that most mistakes are known within a minute.
pub fn ci() -> Result<()> {
    step("format", &mut cargo(["fmt", "--all", "--check"]))?;
    tidy()?;
    deny()?;
    compose()?;
    tools::ensure_node()?;
    dashboard::check()?;
    let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    step("lints", &mut cargo(lints))?;
    let server = ["check", "--package", "api", "--no-default-features"];
    step("the server build", &mut cargo(server))?;
    let mut doc = cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    // Nobody links against these crates: their documentation is for who works on them.
    let flags = "-D warnings -A rustdoc::private_intra_doc_links";
    step("documentation", doc.env("RUSTDOCFLAGS", flags))?;
    WholeTest::parse_from(["test"]).test.run()?;
    generate::check()
}

/// The tests in `xtask/src/tidy`.
pub fn tidy() -> Result<()> {
    step("tidy", &mut cargo(["test", "--quiet", "--package", "xtask", "tidy::"]))
}

/// Licences, sources and bans of dependencies. The floors of versions are checked by `tidy`
/// as well, from `Cargo.lock`, so that they hold where `cargo-deny` is not installed.
fn deny() -> Result<()> {
    if present("cargo-deny", "--version") {
        let checks = ["deny", "check", "bans", "licenses", "sources"];
        return step("dependencies", &mut cargo(checks));
    }
    println!(
        "! dependencies: cargo-deny is not installed, so licences, sources and duplicates were \
         NOT checked (version floors were, by tidy). To check them: cargo install --locked cargo-deny"
    );
    Ok(())
}

fn compose() -> Result<()> {
    if !present("docker-compose", "version") {
        println!("! compose file: docker-compose is not installed, so it was NOT parsed");
        return Ok(());
    }
    for profile in COMPOSE_PROFILES {
        let mut config = std::process::Command::new("docker-compose");
        config.current_dir(workspace_root()).env("KEYLEDGER_MASTER_KEY", "any");
        config.args(["--profile", profile, "config", "--quiet"]);
        step(&format!("compose file, profile {profile}"), &mut config)?;
    }
    Ok(())
}

#[derive(clap::Parser)]
struct WholeTest {
    #[command(flatten)]
    test: Test,
}
