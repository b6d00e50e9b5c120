//! The test command, and the programs that are chores but live in crates of their own.

use std::{path::Path, process::Command};

use anyhow::Result;
use clap::Args;

use crate::{
    dashboard, postgres,
    process::{cargo, step},
    tools, workspace_root,
};

/// Folders with a `package-lock.json` that some test needs installed.
const NODE_PACKAGES: &[&str] =
    &["tests/node", "embedded-store/tests/node", "examples", "examples/oauth"];

/// Every test, with all that a fresh machine lacks.
#[derive(Args)]
pub struct Test {
    /// Run only tests whose name contains this.
    name: Option<String>,
    /// Run only this package's tests; `dashboard` for those in the browser.
    #[arg(long, short)]
    package: Option<String>,
}

impl Test {
    /// Prepares the machine, runs the tests, and stops what it started.
    pub fn run(&self) -> Result<()> {
        tools::ensure_node()?;
        tools::ensure_postgres()?;
        tools::ensure_chromium()?;
        for folder in NODE_PACKAGES.iter().map(Path::new) {
            install_node_packages(folder)?;
        }
        dashboard::build()?;
        step("build the service", &mut cargo(["build", "--workspace", "--bins"]))?;
        if self.package.as_deref() == Some(dashboard::FOLDER) {
            return dashboard::browser_tests();
        }
        build_examples()?;
        println!("▶ start a Postgres server");
        let server = postgres::Server::start()?;
        // All that is broken, not the first of it.
        let mut tests = cargo(["test", "--no-fail-fast"]);
        match &self.package {
            Some(package) => tests.args(["--package", package]),
            None => tests.arg("--workspace"),
        };
        tests.args(&self.name).env("KEYLEDGER_TEST_DATABASE_URL", server.url());
        let outcome = step("tests", &mut tests);
        let everything = self.package.is_none() && self.name.is_none();
        let browser = if everything { dashboard::browser_tests() } else { Ok(()) };
        outcome.and(browser)
    }
}

/// Arguments that are handed on as they stand.
#[derive(Args)]
pub struct PassedOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the reconciliation, which links the log and the read models and so is built apart.
pub fn reconcile(arguments: &PassedOn) -> Result<()> {
    let mut command = cargo(["run", "--quiet", "--package", "tests", "--bin", "reconcile", "--"]);
    step("reconcile", command.args(&arguments.arguments))
}

/// Runs the benchmark in the release profile: nothing else says anything about speed.
pub fn bench(arguments: &PassedOn) -> Result<()> {
    let build = ["build", "--release", "--workspace", "--bin", "keyledger", "--bin", "bench"];
    step("build the service", &mut cargo(build))?;
    let mut bench = Command::new(workspace_root().join("target/release/bench"));
    step("bench", bench.current_dir(workspace_root()).args(&arguments.arguments))
}

/// Builds the example that is a package of its own, beside the service's binary.
fn build_examples() -> Result<()> {
    let manifest = workspace_root().join("examples/desktop/Cargo.toml");
    let mut build = cargo(["build", "--locked", "--manifest-path"]);
    build.arg(manifest).arg("--target-dir").arg(workspace_root().join("target"));
    step("build the desktop example", &mut build)
}

/// `npm ci`, unless what is installed is what the lock file says.
pub(crate) fn install_node_packages(place: &Path) -> Result<()> {
    let folder = workspace_root().join(place);
    let lock = folder.join("package-lock.json");
    let done = folder.join("node_modules/.package-lock.json");
    let newer = |it: &Path| it.metadata().and_then(|it| it.modified()).ok();
    if !lock.exists() || newer(&done) >= newer(&lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    step(&format!("npm ci in {}", place.display()), &mut npm)
}
