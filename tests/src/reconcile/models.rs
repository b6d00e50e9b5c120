//! Read models: each equals what the log says, and none is ahead of it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::Secret;
use projections::{Database, DatabaseConfig, ProjectionState, Rebuilder, Runner};
use store::{Log, LogConfig, MasterKeys, Vault};
use tokio_util::sync::CancellationToken;

use super::{Difference, Rule};
use crate::wait::within;

/// How many rows of a table are shown that differ.
const SHOWN: u32 = 20;

/// How long the read models may take to reach the end of the log.
const PATIENCE: Duration = Duration::from_mins(10);

/// Lets the read models reach the end of the log, then compares each with a rebuilt one.
pub(super) async fn compare(
    log: String,
    database: DatabaseConfig,
    master_key: &Secret<String>,
) -> Result<(usize, Vec<Difference>)> {
    let config = LogConfig {
        url: Secret::new(log),
        node: "reconcile".to_owned(),
        build: env!("CARGO_PKG_VERSION"),
        deadline: Duration::from_secs(5),
    };
    let log = Log::connect(config).await?;
    let keys = MasterKeys::parse(master_key.expose()).context("the master key")?;
    let vault = Vault::open(&log, keys, false).await?;
    let database = Database::open(database).await?;
    database.migrate().await?;

    let runner = Runner::new(&database, &log, &vault);
    let (progress, stopping) = (runner.progress(), CancellationToken::new());
    let running = tokio::spawn(runner.run(stopping.clone()));
    let head = log.head().await?.context("the log is empty")?;
    let statuses = within(PATIENCE, "the read models to reach the end of the log", || async {
        let statuses = progress.statuses();
        let there = |it: &projections::ProjectionStatus| {
            it.position >= Some(head) || it.state == ProjectionState::Halted
        };
        (!statuses.is_empty() && statuses.iter().all(there)).then_some(statuses)
    })
    .await;

    let mut differences = Vec::new();
    let end = log.head().await?;
    for status in &statuses {
        if status.position > end {
            let what =
                format!("{} is at {:?}, the log ends at {end:?}", status.name, status.position);
            differences.push(Difference { rule: Rule::NeverAhead, what });
        }
        if status.state == ProjectionState::Halted || status.dead_letters > 0 {
            let (name, letters) = (status.name, status.dead_letters);
            let what = format!("{name} is {:?} with {letters} dead letters", status.state);
            differences.push(Difference { rule: Rule::ModelsEqualLog, what });
        }
    }
    let rebuilder = Rebuilder::new(&database, &log, &vault);
    for name in projections::names() {
        for row in rebuilder.check(name, SHOWN).await.context(name)? {
            let side = if row.only_live { "only in use" } else { "only in the log" };
            let what = format!("{name}.{}: {side}: {}", row.table, row.row);
            differences.push(Difference { rule: Rule::ModelsEqualLog, what });
        }
    }
    stopping.cancel();
    running.await?;
    Ok((projections::names().count(), differences))
}
