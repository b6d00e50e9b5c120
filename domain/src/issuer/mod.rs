//! The issuer: the name by which the service signs, pinned for good once it was configured.
//!
//! Clients compare it byte for byte (RFC 8414 3.3), so it is kept as it was written: one slash
//! more would lock every one of them out. A changed one is refused unless it is wished for.

mod id;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use id::{InvalidIssuer, Issuer, PinId};

use crate::{Aggregate, StoredEvent, Time, aggregate};

/// The issuer that this log was used with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinnedIssuer {
    pub issuer: Option<Issuer>,
}

/// The name in quotes is in the log for good; the variant may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "issuer.pinned")]
    Pinned { issuer: Issuer },
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    Pin {
        issuer: Issuer,
        /// Whether another one than before is meant.
        accept_change: bool,
    },
}

/// Why the service must not use an issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("tokens were signed as `{0}` so far, and their clients know no other issuer")]
    Changed(Issuer),
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Changed(_) => "ISSUER_CHANGED",
        }
    }
}

impl Aggregate for PinnedIssuer {
    const CATEGORY: &'static str = "issuer";

    type Id = PinId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let Command::Pin { issuer, accept_change } = command;
        match &self.issuer {
            Some(pinned) if pinned == issuer => Ok(vec![]),
            Some(pinned) if !accept_change => Err(Rejection::Changed(pinned.clone())),
            Some(_) | None => Ok(vec![Event::Pinned { issuer: issuer.clone() }]),
        }
    }

    fn evolve(self, Event::Pinned { issuer }: &Event, _: Time) -> Self {
        Self { issuer: Some(issuer.clone()) }
    }
}
