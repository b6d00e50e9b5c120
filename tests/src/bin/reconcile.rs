//! `cargo xtask reconcile`: whether a driver's ledger, the log and the read models agree.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use domain::Secret;
use projections::DatabaseConfig;
use tests::{
    data::{OpenLog, master_key},
    reconcile::{Sources, reconcile},
};

/// Compare a driver's ledger, the log and the read models; fail on any difference.
#[derive(Parser)]
#[command(name = "cargo xtask reconcile")]
struct Arguments {
    /// What the driver wrote down; without it only the log and the read models are compared.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// The data folder of a service. While it runs, PGlite is its own: stop it to compare that.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The log's address, `esdb://…`; without it, that in the data folder.
    #[arg(long)]
    log: Option<String>,
    /// The read models' address, `postgres://…`; without it, those in the data folder.
    #[arg(long)]
    database: Option<String>,
    /// Base64; without it, that in the data folder.
    #[arg(long, env = "KEYLEDGER_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let opened = match (&arguments.log, &arguments.data) {
        (Some(_), _) => None,
        (None, Some(data)) => Some(OpenLog::of(data).await?),
        (None, None) => bail!("name the log: --log esdb://… or --data FOLDER"),
    };
    let log = arguments.log.clone().or_else(|| opened.as_ref().map(|it| it.url().to_owned()));
    let sources = Sources {
        log: log.context("one of the two")?,
        ledger: arguments.ledger.clone(),
        models: models(&arguments, opened.as_ref().is_some_and(OpenLog::is_ours))?,
    };
    let report = reconcile(sources).await?;
    if let Some(opened) = opened {
        opened.close().await;
    }
    println!("{report}");
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn models(
    arguments: &Arguments,
    folder_is_free: bool,
) -> Result<Option<(DatabaseConfig, Secret<String>)>> {
    if arguments.database.is_none() && !folder_is_free {
        eprintln!("the read models were not compared: name --database, or stop the service");
        return Ok(None);
    }
    let data = arguments.data.clone().unwrap_or_default();
    let key = match &arguments.master_key {
        Some(key) => Secret::new(key.clone()),
        None => master_key(&data)?,
    };
    let url = arguments.database.clone().map(Secret::new);
    Ok(Some((DatabaseConfig { url, data_dir: data, connections: 4 }, key)))
}
