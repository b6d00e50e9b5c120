//! What a writer expects of a stream, and the decision table that answers it.
//!
//! The table is §"Append: decision matrix" of EventStoreDB's behaviour: pure, given where the stream
//! stands and a way to ask which ids it already holds.

use super::event::{NO_EVENT, Position, Revision};
use uuid::Uuid;

/// The revision that a writer expects a stream to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    Exists,
    NoStream,
    Exact(Revision),
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Number of the last event; `NO_EVENT` if there never was one.
    pub(crate) last: Revision,
    pub(crate) tombstoned: bool,
    /// Deleted, but may come back: its metadata hides every event.
    pub(crate) soft_deleted: bool,
    /// Its metastream has an event.
    pub(crate) described: bool,
}

/// Where an event already stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) revision: Revision,
    pub(crate) position: Position,
}

/// What a stream already holds.
pub(crate) trait History {
    /// Why the history cannot be read.
    type Error;

    /// The id and position of the event with this number.
    fn at(&self, revision: Revision) -> Result<Option<(Uuid, Position)>, Self::Error>;

    /// Where an event with this id was written not long ago.
    fn recent(&self, id: Uuid) -> Option<Written>;
}

/// What becomes of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The events follow the last one.
    Write,
    /// All of them are there already; the last stands here.
    AlreadyWritten(Written),
    /// The stream is at another revision.
    Conflict,
    /// The stream is deleted.
    Deleted,
}

impl Expected {
    /// Decides an append of events with these ids.
    pub(crate) fn decide<H: History>(
        self,
        standing: Standing,
        ids: &[Uuid],
        history: &H,
    ) -> Result<Decision, H::Error> {
        if standing.tombstoned {
            return Ok(Decision::Deleted);
        }
        match self {
            Self::Exists if standing.soft_deleted => Ok(Decision::Deleted),
            Self::Exists if standing.last == NO_EVENT && !standing.described => {
                Ok(Decision::Conflict)
            }
            Self::Any | Self::Exists => Ok(unless_recent(ids, history)),
            Self::NoStream => after(NO_EVENT, standing, ids, history),
            Self::Exact(revision) => after(revision, standing, ids, history),
        }
    }

    /// The number that stands for it in error texts.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Exact(revision) => revision,
            Self::NoStream => -1,
            Self::Any => -2,
            Self::Exists => -4,
        }
    }
}

/// Without an exact revision, only ids tell a repetition: all of them known, or not the first.
fn unless_recent<H: History>(ids: &[Uuid], history: &H) -> Decision {
    let mut last = None;
    for (index, id) in ids.iter().enumerate() {
        match history.recent(*id) {
            Some(written) => last = Some(written),
            None if index == 0 => return Decision::Write,
            None => return Decision::Conflict,
        }
    }
    last.map_or(Decision::Write, Decision::AlreadyWritten)
}

/// With an exact revision, an older one is a repetition if the same ids follow it.
fn after<H: History>(
    expected: Revision,
    standing: Standing,
    ids: &[Uuid],
    history: &H,
) -> Result<Decision, H::Error> {
    if expected == standing.last {
        return Ok(Decision::Write);
    }
    if expected > standing.last {
        return Ok(Decision::Conflict);
    }
    let mut decision = Decision::Conflict;
    for (index, (id, revision)) in ids.iter().zip(expected + 1..).enumerate() {
        match history.at(revision)? {
            Some((written, position)) if written == *id => {
                decision = Decision::AlreadyWritten(Written { revision, position });
            }
            _ if index == 0 && expected == NO_EVENT && standing.soft_deleted => {
                return Ok(Decision::Write);
            }
            _ => return Ok(Decision::Conflict),
        }
    }
    Ok(decision)
}
