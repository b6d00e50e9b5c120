//! Who looked into a workspace's history, day by day; itself part of the history.
//!
//! Every look is recorded, so nothing is ever refused. Kept for 400 days.

mod id;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

pub use id::AuditAccessId;

use crate::{Aggregate, Retention, StoredEvent, Time, aggregate, digest::Digest};

/// How often the history was read on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditAccess {
    pub reads: u64,
    pub exports: u64,
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Once a query, or once a subscription.
    #[serde(rename = "audit.read")]
    Read {
        /// SHA-256 of what was asked for; the filter itself may name people.
        filter_hash: Digest,
        /// Events that were shown; of a subscription, those it began with.
        count: u64,
    },
    #[serde(rename = "audit.exported")]
    Exported {
        range: Range,
        /// SHA-256 of the file.
        sha256: Digest,
    },
}

/// From and to which position of the log, both included; open where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    RecordRead { filter_hash: Digest, count: u64 },
    RecordExport { range: Range, sha256: Digest },
}

impl aggregate::Rejection for Infallible {
    fn code(&self) -> &'static str {
        match *self {}
    }
}

impl Aggregate for AuditAccess {
    const CATEGORY: &'static str = "audit_access";
    const RETENTION: Retention = Retention::Days(400);

    type Id = AuditAccessId;
    type Command = Command;
    type Event = Event;
    type Rejection = Infallible;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Infallible> {
        Ok(vec![match command {
            Command::RecordRead { filter_hash, count } => {
                Event::Read { filter_hash: *filter_hash, count: *count }
            }
            Command::RecordExport { range, sha256 } => {
                Event::Exported { range: range.clone(), sha256: *sha256 }
            }
        }])
    }

    fn evolve(mut self, event: &Event, _: Time) -> Self {
        match event {
            Event::Read { .. } => self.reads += 1,
            Event::Exported { .. } => self.exports += 1,
        }
        self
    }
}
