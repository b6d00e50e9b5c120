//! What is generated and checked in: the GraphQL schema and the recorded queries.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{
    process::{cargo, step},
    workspace_root,
};

/// Where the GraphQL schema is kept.
const SCHEMA: &str = "api/schema.graphql";

/// Paths that [`Gen`] writes.
const GENERATED: &[&str] = &[SCHEMA];

/// Writes everything that is generated.
#[derive(Args)]
pub struct Gen {}

impl Gen {
    /// Builds the service and asks it.
    pub fn run(&self) -> Result<()> {
        schema()
    }
}

/// Generates again and fails if that changed anything that is checked in.
pub fn check() -> Result<()> {
    Gen {}.run()?;
    let mut clean = Command::new("git");
    clean.current_dir(workspace_root()).args(["diff", "--exit-code", "--stat", "--"]);
    step("generated files are up to date", clean.args(GENERATED))
}

fn schema() -> Result<()> {
    step("build the service", &mut cargo(["build", "--workspace", "--bins"]))?;
    let binary = workspace_root().join("target/debug/keyledger");
    let printed = Command::new(binary)
        .args(["graphql", "sdl"])
        .output()
        .context("could not start the service's binary")?;
    ensure!(printed.status.success(), "`keyledger graphql sdl` ended with {}", printed.status);
    fs::write(workspace_root().join(SCHEMA), printed.stdout)?;
    Ok(())
}
