//! Load: a stream folded into a state, as it is or as it was.
//!
//! The stream is read backwards to the newest summary of today's schema, so the
//! cost of a load does not grow with the stream's age.

use std::sync::Arc;

use domain::{Aggregate, Time};
use tokio::time::Instant;

use crate::{
    Log, Position, ReadError, Recorded, Unavailable,
    fold::{Folded, Gathered},
    page::{self, Direction},
};

/// Twice a summary's distance: a load is one read, and finds the command of a repetition even where
/// a summary came after it.
const PAGE: usize = 200;

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
        Ok(self.fold::<A>(&stream_name::<A>(id), end).await?.loaded())
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
        Ok(gathered.fold(None).loaded())
    }

    /// The same as [`load`](Self::load), for a writer too.
    pub(crate) async fn fold<A: Aggregate>(
        &self,
        stream: &str,
        end: Instant,
    ) -> Result<Arc<Folded<A>>, ReadError> {
        if let Some(remembered) = self.inner.remembered.get::<A>(stream) {
            let read =
                page::of_stream(self.connection(), end, stream, None, Direction::Backwards, 1);
            let page = read.await.map_err(Unavailable::from)?;
            if page.events.first().is_some_and(|newest| remembered.ends_with(newest)) {
                return Ok(remembered);
            }
        }
        let (gathered, last) = self.gather::<A>(stream, None, end).await?;
        let folded = Arc::new(gathered.fold(last));
        self.inner.remembered.put(stream, &folded);
        Ok(folded)
    }

    /// Reads a stream backwards, as far as a fold needs; also returns the stream's last revision.
    pub(crate) async fn gather<A: Aggregate>(
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
            let mut complete = false;
            for stored in page.events {
                complete = gathered.take(stored, keep)?;
            }
            match oldest.and_then(|revision| revision.checked_sub(1)) {
                Some(older) if full && !complete => from = Some(older),
                _ => return Ok((gathered, last)),
            }
        }
    }
}

pub(crate) fn stream_name<A: Aggregate>(id: A::Id) -> String {
    format!("{}-{id}", A::CATEGORY)
}
