//! The guard of a day: how much guessing at pairing codes the whole cluster has let happen.
//!
//! A wrong guess at six digits would have found one of the live codes with a chance of their
//! number in a million; that is its *risk*, in millionths. At a hundredth for the day the breaker
//! trips: from then until midnight (UTC) no code of digits is accepted, and new ones are long
//! enough to need no guard.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Aggregate, Retention, StoredEvent, Time, id::InvalidId};

/// A day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuardedDay(pub NaiveDate);

impl fmt::Display for GuardedDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GuardedDay {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self).map_err(|_| InvalidId)
    }
}

/// What all nodes have counted on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairingGuard {
    pub wrong: u64,
    /// In millionths.
    pub risk: u64,
    pub tripped: bool,
}

impl PairingGuard {
    /// The risk of a day at which the breaker trips: one chance in a hundred.
    pub const MOST: u64 = 10_000;
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "pairing.guesses_counted")]
    GuessesCounted {
        /// The node that let them happen.
        node: String,
        wrong: u64,
        /// In millionths.
        risk: u64,
    },
    #[serde(rename = "pairing.breaker_tripped")]
    BreakerTripped {
        /// Of the whole day so far, in millionths.
        risk: u64,
    },
}

impl StoredEvent for Event {}

/// What a node has let happen since it last said so.
#[derive(Clone, Debug)]
pub struct Count {
    pub node: String,
    pub wrong: u64,
    /// In millionths.
    pub risk: u64,
}

impl Aggregate for PairingGuard {
    const CATEGORY: &'static str = "pairing_guard";
    const RETENTION: Retention = Retention::Days(400);

    type Id = GuardedDay;
    type Command = Count;
    type Event = Event;
    type Rejection = Infallible;

    fn decide(&self, count: &Count) -> Result<Vec<Event>, Infallible> {
        if count.wrong == 0 && count.risk == 0 {
            return Ok(vec![]);
        }
        let Count { node, wrong, risk } = count.clone();
        let total = self.risk.saturating_add(risk);
        let trips = !self.tripped && total >= Self::MOST;
        let tripped = trips.then_some(Event::BreakerTripped { risk: total });
        Ok([Event::GuessesCounted { node, wrong, risk }].into_iter().chain(tripped).collect())
    }

    fn evolve(mut self, event: &Event, _: Time) -> Self {
        match event {
            Event::GuessesCounted { wrong, risk, .. } => {
                self.wrong = self.wrong.saturating_add(*wrong);
                self.risk = self.risk.saturating_add(*risk);
            }
            Event::BreakerTripped { .. } => self.tripped = true,
        }
        self
    }
}
