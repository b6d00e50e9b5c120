//! Cursors of reactors: how far each has acted on the log, and which node acts.
//!
//! A claim is a lease: whoever's append lands holds it until its end, and only
//! the holder moves the cursor. It only moves forward; the log keeps the newest.

mod name;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use name::ReactorName;

use crate::{Aggregate, Retention, StoredEvent, Time, aggregate};

/// Who acts, and how far they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReactorCursor {
    #[default]
    Unclaimed,
    Claimed(Lease),
}

/// A node's right to act for a reactor until a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The log's position up to which everything is done; absent before the beginning.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<String>,
    pub node: String,
    pub until: Time,
}

impl ReactorCursor {
    pub fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Claimed(lease) => Some(lease),
            Self::Unclaimed => None,
        }
    }

    /// The position up to which everything is done.
    pub fn position(&self) -> Option<&str> {
        self.lease()?.position.as_deref()
    }
}

/// The name in quotes is in the log for good; the variant may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "reactor.at")]
    At(Lease),
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    Claim(Claim),
    Advance(Advance),
}

/// Takes or renews the lease; the position stays.
#[derive(Clone, Debug)]
pub struct Claim {
    pub node: String,
    pub until: Time,
    pub at: Time,
}

/// Moves the cursor, and renews the lease along with it.
#[derive(Clone, Debug)]
pub struct Advance {
    pub node: String,
    pub position: String,
    pub until: Time,
}

/// Why a command on a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("another node acts for this reactor")]
    Held,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Held => "REACTOR_HELD",
        }
    }
}

impl Claim {
    fn decide(&self, cursor: &ReactorCursor) -> Result<Vec<Event>, Rejection> {
        let position = match cursor.lease() {
            Some(lease) if lease.node != self.node && self.at < lease.until => {
                return Err(Rejection::Held);
            }
            Some(lease) if lease.node == self.node && self.until <= lease.until => {
                return Ok(vec![]);
            }
            Some(lease) => lease.position.clone(),
            None => None,
        };
        Ok(vec![Event::At(Lease { position, node: self.node.clone(), until: self.until })])
    }
}

impl Advance {
    fn decide(&self, cursor: &ReactorCursor) -> Result<Vec<Event>, Rejection> {
        // A lease that ran out is still its last holder's until another takes it.
        if cursor.lease().is_none_or(|lease| lease.node != self.node) {
            return Err(Rejection::Held);
        }
        if cursor.position() == Some(&self.position) {
            return Ok(vec![]);
        }
        let position = Some(self.position.clone());
        Ok(vec![Event::At(Lease { position, node: self.node.clone(), until: self.until })])
    }
}

impl Aggregate for ReactorCursor {
    const CATEGORY: &'static str = "reactor_cursor";
    const RETENTION: Retention = Retention::Newest;

    type Id = ReactorName;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Claim(claim) => claim.decide(self),
            Command::Advance(advance) => advance.decide(self),
        }
    }

    fn evolve(self, Event::At(lease): &Event, _: Time) -> Self {
        Self::Claimed(lease.clone())
    }
}
