//! Reconciliation: whether what a driver was told, the log and the read models agree.
//!
//! It trusts nothing of the service: the log is read with the client alone and checked byte by
//! byte; only then are states folded and read models rebuilt to be compared.

mod chain;
mod commands;
pub(crate) mod history;
mod limits;
mod models;
mod sagas;

use std::{fmt, path::PathBuf};

use anyhow::{Context as _, Result};
use domain::Secret;
use projections::DatabaseConfig;

use crate::ledger;

/// What is to be compared.
#[derive(Debug)]
pub struct Sources {
    /// `esdb://…` of the log.
    pub log: String,
    /// What a driver was told, if one wrote it down.
    pub ledger: Option<PathBuf>,
    /// The read models, and the master key that opens what they hold in clear.
    pub models: Option<(DatabaseConfig, Secret<String>)>,
}

/// A rule that must hold after any fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Nothing acknowledged is lost.
    AcknowledgedIsKept,
    /// Nothing refused happened.
    RefusedIsNothing,
    /// Nothing happened twice or by half.
    WholeOrNothing,
    /// Read models equal the log.
    ModelsEqualLog,
    /// Revisions are dense, positions rise, ids are unique, chains hold, every event decodes.
    WellFormed,
    /// No read model is ahead of the log.
    NeverAhead,
    /// Plans, owners and names are within their limits.
    WithinLimits,
}

/// One way in which they do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub rule: Rule,
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub struct Report {
    pub events: u64,
    pub streams: usize,
    pub commands: usize,
    pub models: usize,
    pub differences: Vec<Difference>,
    /// What was begun and not finished when the log was read. Where a reactor had a minute since
    /// then, there is nothing.
    pub unfinished: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, streams, commands, models, differences, unfinished } = self;
        write!(f, "{events} events in {streams} streams, {commands} commands, ")?;
        write!(f, "{models} read models: {} differences", differences.len())?;
        differences.iter().try_for_each(|it| write!(f, "\n{it}"))?;
        unfinished.iter().try_for_each(|it| write!(f, "\nunfinished: {it}"))
    }
}

/// Compares.
///
/// # Errors
///
/// If a source cannot be read; differences are no error but in the report.
pub async fn reconcile(sources: Sources) -> Result<Report> {
    let mut report = Report::default();
    let mut chain = chain::Chain::default();
    let mut limits = limits::Limits::default();
    let mut sagas = sagas::Sagas::default();
    let entries = match &sources.ledger {
        Some(path) => ledger::read(path).with_context(|| path.display().to_string())?,
        None => Vec::new(),
    };
    let mut commands = commands::Commands::new(&entries);
    history::each(&sources.log, |event| {
        report.events += 1;
        chain.see(&event);
        commands.see(&event);
        limits.see(&event);
        sagas.see(&event);
    })
    .await?;
    report.streams = chain.streams();
    report.commands = entries.len();
    report.differences.extend(chain.differences());
    report.differences.extend(commands.differences());
    report.differences.extend(limits.differences());
    report.unfinished = sagas.unfinished();
    if let Some((database, master_key)) = sources.models {
        let (compared, differences) = models::compare(sources.log, database, &master_key).await?;
        report.models = compared;
        report.differences.extend(differences);
    }
    Ok(report)
}
