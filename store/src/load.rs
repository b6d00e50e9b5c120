//! Load: a stream folded into a state, as it is or as it was.
//!
//! The stream is read backwards to the newest summary of today's schema, so the
//! cost of a load does not grow with the stream's age.

use domain::{Aggregate, Time};
use tokio::time::Instant;

use crate::{
    Log, Position, ReadError, Recorded, Unavailable,
    fold::{Folded, Gathered},
    page::{self, Direction},
};

/// More than a summary's distance, so that most loads are one read.
const PAGE: usize = 128;

/// A stream's state, and where in the stream it stands.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    pub state: A,
    /// The number of the stream's newest event; `None`: the stream is empty.
    ///
    /// A stream whose events have all expired is not empty: its default state has a revision.
    pub revision: Option<u64>,
    /// Where the newest event folded lies; `None`: none is readable.
    pub position: Option<Position>,
    /// When the newest event folded happened.
    pub last_at: Option<Time>,
}

/// A moment in the past of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// Just after the event at this position.
    Position(Position),
    /// The prefix of the stream whose events happened at this time or before.
    Time(Time),
}

impl AsOf {
    fn includes(self, event: &Recorded) -> bool {
        match self {
            Self::Position(position) => event.position <= position,
            Self::Time(time) => event.metadata.occurred_at <= time,
        }
    }
}

impl Log {
    /// Folds the stream of `id`; an empty stream is the default state.
    pub async fn load<A: Aggregate>(&self, id: A::Id) -> Result<Loaded<A>, ReadError> {
        let end = self.connection().deadline();
        let (gathered, last) = self.gather::<A>(&stream_name::<A>(id), None, end).await?;
        Ok(gathered.fold(last).into_loaded())
    }

    /// Folds the stream of `id` as it stood; before its first event it is the default state,
    /// without a revision.
    pub async fn state_at<A: Aggregate>(
        &self,
        id: A::Id,
        at: AsOf,
    ) -> Result<Loaded<A>, ReadError> {
        let end = self.connection().deadline();
        let (gathered, _) = self.gather::<A>(&stream_name::<A>(id), Some(at), end).await?;
        Ok(gathered.fold(None).into_loaded())
    }

    /// The same as [`load`](Self::load), for a writer.
    pub(crate) async fn fold<A: Aggregate>(
        &self,
        stream: &str,
        end: Instant,
    ) -> Result<(Gathered<A>, Folded<A>), ReadError> {
        let (gathered, last) = self.gather::<A>(stream, None, end).await?;
        let folded = gathered.fold(last);
        Ok((gathered, folded))
    }

    /// Reads a stream backwards, as far as a fold needs; also returns the stream's last revision.
    async fn gather<A: Aggregate>(
        &self,
        stream: &str,
        at: Option<AsOf>,
        end: Instant,
    ) -> Result<(Gathered<A>, Option<u64>), ReadError> {
        let keep = |event: &Recorded| at.is_none_or(|at| at.includes(event));
        let mut gathered = Gathered::default();
        let mut last = None;
        let mut from = None;
        loop {
            let read =
                page::of_stream(self.connection(), end, stream, from, Direction::Backwards, PAGE);
            let page = read.await.map_err(Unavailable::from)?;
            last = last.or(page.last);
            let full = page.events.len() == PAGE;
            let oldest = page.events.last().map(|event| event.revision);
            for stored in page.events {
                if gathered.take(stored, keep)? {
                    return Ok((gathered, last));
                }
            }
            match oldest.and_then(|revision| revision.checked_sub(1)) {
                Some(older) if full => from = Some(older),
                _ => return Ok((gathered, last)),
            }
        }
    }
}

pub(crate) fn stream_name<A: Aggregate>(id: A::Id) -> String {
    format!("{}-{id}", A::CATEGORY)
}
