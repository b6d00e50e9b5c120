//! What is generated and checked in: the GraphQL schema, the recorded queries, and the types of
//! the dashboard's operations.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
    time::SystemTime,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{
    dashboard,
    postgres::Server,
    process::{cargo, step},
    tools, workspace_root,
};

/// The GraphQL schema.
const SCHEMA: &str = "api/schema.graphql";

/// What the SQL of `projections` means, so that a build needs no database.
const QUERIES: &str = ".sqlx";

/// The types of the dashboard's operations, made from the schema.
const OPERATIONS: &str = "dashboard/src/graphql/generated.ts";

/// Writes everything that is generated.
#[derive(Args)]
pub struct Gen {}

impl Gen {
    /// Asks a Postgres server what the queries mean, and the service for its schema.
    pub fn run(&self) -> Result<()> {
        queries()?;
        schema()?;
        dashboard::generate()
    }
}

/// Generates again and fails if that changed anything that is checked in.
pub fn check() -> Result<()> {
    Gen {}.run()?;
    let mut clean = Command::new("git");
    clean.current_dir(workspace_root()).args([
        "status",
        "--porcelain",
        "--",
        SCHEMA,
        QUERIES,
        OPERATIONS,
    ]);
    let changed = clean.output()?.stdout;
    ensure!(
        changed.is_empty(),
        "generated files are out of date; run `cargo xtask gen` and commit:\n{}",
        String::from_utf8_lossy(&changed)
    );
    Ok(())
}

/// Compiles `projections` against a server that has its tables.
fn queries() -> Result<()> {
    tools::ensure_postgres()?;
    println!("▶ start a Postgres server");
    let server = Server::start()?;
    let migrations = workspace_root().join("migrations");
    for file in sql_files(&migrations)? {
        psql(&server, &fs::read_to_string(file)?)?;
    }
    let mut search_path = Vec::new();
    for file in sql_files(&migrations.join("read_models"))? {
        let model = file.file_stem().context("a migration has a name")?.to_string_lossy();
        let tables = fs::read_to_string(&file)?;
        psql(&server, &format!("create schema {model}; set search_path = {model}; {tables}"))?;
        search_path.push(model.into_owned());
    }

    let recorded = tempfile::tempdir()?;
    // A file that changed is what makes cargo compile again, and so ask again.
    let library = workspace_root().join("projections/src/lib.rs");
    File::open(&library)?.set_modified(SystemTime::now())?;
    let mut check = cargo(["check", "--workspace", "--all-targets"]);
    let url = format!("{}?options=-csearch_path%3D{}", server.url(), search_path.join(","));
    check.env("DATABASE_URL", url).env("SQLX_OFFLINE", "false");
    check.env("SQLX_OFFLINE_DIR", recorded.path());
    step("record the queries", &mut check)?;
    replace(&workspace_root().join(QUERIES), recorded.path())
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

fn psql(server: &Server, sql: &str) -> Result<()> {
    let psql = server.binaries().join("psql");
    let output = Command::new(psql)
        .args([&server.url(), "-v", "ON_ERROR_STOP=1", "-q", "-c", sql])
        .output()?;
    ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The SQL files of a folder, in the order of their names.
fn sql_files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|it| it == "sql"));
    files.sort();
    Ok(files)
}

/// Makes `folder` hold what `with` holds, and touches nothing that is the same.
fn replace(folder: &Path, with: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !with.join(entry.file_name()).exists() {
            fs::remove_file(entry.path())?;
        }
    }
    let mut recorded = 0;
    for entry in fs::read_dir(with)? {
        let entry = entry?;
        let (target, new) = (folder.join(entry.file_name()), fs::read(entry.path())?);
        if fs::read(&target).ok().as_ref() != Some(&new) {
            fs::write(target, new)?;
        }
        recorded += 1;
    }
    ensure!(recorded > 0, "no query was recorded");
    Ok(())
}
