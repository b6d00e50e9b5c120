//! Numbers that are given once: to people, and to applications.
//!
//! A node takes a block and hands its numbers out by itself, so most numbers
//! cost no append. What a node does not use before it stops is a gap for good.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Aggregate, StoredEvent, Time, aggregate, event::Summary, id::InvalidId};

/// What is numbered; its stream is `number-user` or `number-application`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sequence {
    User,
    Application,
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Application => "application",
        })
    }
}

impl FromStr for Sequence {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "user" => Ok(Self::User),
            "application" => Ok(Self::Application),
            _ => Err(InvalidId),
        }
    }
}

/// How far a sequence has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberSequence {
    /// The last number that is taken; 0 before the first.
    pub last: u64,
}

/// The name in quotes is in the log for good; the variant may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Both ends belong to the block.
    #[serde(rename = "numbers.block_taken")]
    BlockTaken { from: u64, to: u64 },
}

impl StoredEvent for Event {
    /// Each block says all there is to know, so a fold needs only the newest.
    const SUMMARY: Option<Summary> = Some(Summary { event_type: "numbers.block_taken", schema: 1 });
}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    TakeBlock { size: u32 },
}

/// Why no block is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("a block of numbers has at least one")]
    Empty,
    #[error("there are no numbers left")]
    Exhausted,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "INVALID_INPUT",
            Self::Exhausted => "NUMBERS_EXHAUSTED",
        }
    }
}

impl Aggregate for NumberSequence {
    const CATEGORY: &'static str = "number";

    type Id = Sequence;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, Command::TakeBlock { size }: &Command) -> Result<Vec<Event>, Rejection> {
        let offset = size.checked_sub(1).ok_or(Rejection::Empty)?;
        let from = self.last.checked_add(1).ok_or(Rejection::Exhausted)?;
        let to = from.checked_add(offset.into()).ok_or(Rejection::Exhausted)?;
        Ok(vec![Event::BlockTaken { from, to }])
    }

    fn evolve(self, Event::BlockTaken { to, .. }: &Event, _: Time) -> Self {
        Self { last: *to }
    }
}
