//! The history, in the log's order, page by page.
//!
//! It ends where the log ended when the reading began, so reading it comes to an end though
//! others write. Vault streams are never part of it.

use domain::id::WorkspaceId;
use store::{AsOf, Log, Position, Recorded};

use crate::error::Error;

/// Which events are wanted; what is left out wants all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub streams: Vec<String>,
    pub workspace: Option<WorkspaceId>,
    /// The id of an actor, as it is recorded.
    pub actor: Option<String>,
    /// Inclusive.
    pub from: Option<AsOf>,
    /// Inclusive.
    pub until: Option<AsOf>,
}

impl Filter {
    /// Tells whether an event is wanted.
    pub fn wants(&self, event: &Recorded) -> bool {
        let metadata = &event.metadata;
        (self.streams.is_empty() || self.streams.contains(&event.stream))
            && self.workspace.is_none_or(|workspace| metadata.workspace_id == Some(workspace))
            && self.actor.as_ref().is_none_or(|actor| metadata.actor.id == *actor)
            && match self.from {
                None => true,
                Some(AsOf::Position(from)) => event.position >= from,
                Some(AsOf::Time(from)) => metadata.occurred_at >= from,
            }
            && match self.until {
                None => true,
                Some(AsOf::Position(until)) => event.position <= until,
                Some(AsOf::Time(until)) => metadata.occurred_at <= until,
            }
    }
}

/// A reader of the history.
#[derive(Debug)]
pub(super) struct History {
    filter: Filter,
    /// Everything up to here was handed out.
    after: Option<Position>,
    end: Position,
    next_revision: u64,
    ended: bool,
}

impl History {
    /// How many events are read at once.
    const PAGE: usize = 1_000;

    /// Begins after `after`, or at the beginning; ends where the log ends now.
    pub(super) async fn begin(
        log: &Log,
        filter: Filter,
        after: Option<Position>,
    ) -> Result<Self, Error> {
        let mut end = log.head().await?;
        if let Some(AsOf::Position(until)) = filter.until {
            end = end.map(|end| end.min(until));
        }
        let after = match (after, filter.from) {
            // A page begins after a position, and this one is wanted too.
            (None, Some(AsOf::Position(from))) => {
                let before = log.read_all(Some(from), true, 1).await?;
                before.first().map(|event| event.position)
            }
            (after, _) => after,
        };
        let ended = end.is_none();
        let end = end.unwrap_or(Position::from_u64(0));
        Ok(Self { filter, after, end, next_revision: 0, ended })
    }

    /// Returns the wanted events of the next page, which may be none; `None` at the end.
    pub(super) async fn page(&mut self, log: &Log) -> Result<Option<Vec<Recorded>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut events = match &*self.filter.streams {
            // The only stream that is wanted is read by itself.
            [stream] => log.read_stream(stream, self.next_revision, Self::PAGE).await?,
            _ => log.read_all(self.after, false, Self::PAGE).await?,
        };
        let beyond = events.last().is_none_or(|last| last.position >= self.end);
        self.ended = beyond || events.len() < Self::PAGE;
        let after = self.after;
        if let Some(last) = events.last() {
            (self.after, self.next_revision) = (Some(last.position), last.revision + 1);
        }
        events.retain(|event| {
            event.position <= self.end
                && after.is_none_or(|after| event.position > after)
                && self.filter.wants(event)
        });
        Ok(Some(events))
    }

    /// How far it has come: positions read, of all that there are to read.
    pub(super) fn progress(&self) -> (u64, u64) {
        let end = self.end.as_u64();
        let reached = self.after.map_or(0, Position::as_u64);
        (if self.ended { end } else { reached.min(end) }, end)
    }

    /// Where it was asked to end.
    pub(super) fn until(&self) -> Option<AsOf> {
        self.filter.until
    }

    /// The only workspace that is read, if it is one.
    pub(super) fn workspace(&self) -> Option<WorkspaceId> {
        self.filter.workspace
    }
}
