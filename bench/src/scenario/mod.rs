//! Scenarios: one file for each goal, or for goals that share their preparation.
//!
//! A scenario prints each row as it is measured, and returns them all.

mod create;
mod history;
mod log;
mod oauth;
mod page;
mod rebuild;
mod revoke;
mod start;
mod verify;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::ValueEnum;

use crate::report::{self, Row};

/// What is measured, by the goals' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// P1, P2: verification from the cache and from the log.
    Verify,
    /// P3: tokens created by 64 callers.
    Create,
    /// P4: from a revocation's answer to the watchers.
    Revoke,
    /// P7: a read model from nothing.
    Rebuild,
    /// P8: a page of tokens over GraphQL.
    Page,
    /// P9: refreshes of people and of applications, and introspection.
    Oauth,
    /// P11: the cost of a long history, in time and memory.
    History,
    /// P5: durable appends to the embedded log, one by one and in batches.
    LogAppend,
    /// P6: reading the embedded log.
    LogRead,
    /// P5: from an append to one and to a thousand followers of the embedded log.
    LogLive,
    /// P11: the embedded log with a short and with a long history.
    LogHistory,
    /// P12: the start, with an empty folder and with a history.
    Start,
}

/// How much, and how long.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub binary: PathBuf,
    pub tokens: usize,
    pub history: usize,
    pub events: usize,
    pub duration: Duration,
}

impl Scenario {
    pub(crate) fn or_all(chosen: Vec<Self>) -> Vec<Self> {
        if chosen.is_empty() { Self::value_variants().to_vec() } else { chosen }
    }

    pub(crate) async fn run(self, settings: &Settings) -> Result<Vec<Row>> {
        match self {
            Self::Verify => verify::run(settings).await,
            Self::Create => create::run(settings).await,
            Self::Revoke => revoke::run(settings).await,
            Self::Rebuild => rebuild::run(settings).await,
            Self::Page => page::run(settings).await,
            Self::Oauth => oauth::run(settings).await,
            Self::History => history::run(settings).await,
            Self::LogAppend => log::append::run(settings).await,
            Self::LogRead => log::read::run(settings).await,
            Self::LogLive => log::live::run(settings).await,
            Self::LogHistory => log::history::run(settings).await,
            Self::Start => start::run(settings).await,
        }
    }
}

/// Prints a row and keeps it.
fn keep(rows: &mut Vec<Row>, row: Row) {
    report::print(&row);
    rows.push(row);
}
