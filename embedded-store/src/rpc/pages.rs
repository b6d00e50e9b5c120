//! Pages of a stream or of `$all` for readers and followers, links followed where they are asked for.

use super::status;
use crate::log::{
    Log, StreamName,
    event::{Position, Recorded, Revision},
    links::{self, Resolved},
    read_all::{self, Direction},
    read_stream::{self, State},
    readers::{Page, Unreadable},
};
use std::sync::Arc;
use tonic::Status;

/// How many events a page has at most.
pub(crate) const PAGE: usize = 512;

/// A page of resolved events.
#[derive(Debug)]
pub(crate) struct ResolvedPage {
    pub(crate) events: Vec<Resolved>,
    /// There is nothing beyond the page now.
    pub(crate) complete: bool,
}

/// A page of a stream, or why there is none.
#[derive(Debug)]
pub(crate) enum StreamPage {
    Absent,
    Tombstoned,
    Page {
        page: ResolvedPage,
        /// Number of the stream's last event.
        last: Revision,
        /// The number where reading really begins, if that is worth telling.
        jump: Option<Revision>,
    },
}

/// What to read of a stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamRange {
    pub(crate) stream: StreamName,
    pub(crate) direction: Direction,
    /// The first number, inclusive.
    pub(crate) from: Revision,
    pub(crate) limit: usize,
    pub(crate) resolve_links: bool,
    /// Look for a jump over truncated events, in pages of this size.
    pub(crate) jump: Option<Revision>,
}

pub(crate) async fn of_stream(log: &Log, range: StreamRange) -> Result<StreamPage, Status> {
    let read = move |page: &mut Page<'_>| {
        let stream = match read_stream::state(page, &range.stream)? {
            State::Absent => return Ok(StreamPage::Absent),
            State::Tombstoned => return Ok(StreamPage::Tombstoned),
            State::Readable(stream) => stream,
        };
        let jump = match range.jump {
            Some(size) => read_stream::jump(page, stream, range.from, size)?,
            None => None,
        };
        let found = read_stream::page(page, stream, range.direction, range.from, range.limit)?;
        let events = resolve(page, found.events, range.resolve_links)?;
        let page = ResolvedPage { events, complete: found.complete };
        Ok(StreamPage::Page { page, last: stream.last, jump })
    };
    log.readers.query(read).await.map_err(Status::from)
}

pub(crate) async fn of_all(
    log: &Log,
    direction: Direction,
    position: Position,
    limit: usize,
) -> Result<(Vec<Arc<Recorded>>, bool), Status> {
    log.readers
        .query(move |page| {
            let found = read_all::page(page, direction, position, limit)?;
            Ok((found.events, found.complete))
        })
        .await
        .map_err(Status::from)
}

/// Follows links, if asked to; without a link among them that costs no query.
pub(crate) async fn resolved(
    log: &Log,
    events: Vec<Arc<Recorded>>,
    resolve_links: bool,
) -> Result<Vec<Resolved>, Status> {
    if !resolve_links || !events.iter().any(|event| links::is_link(event)) {
        return Ok(events.into_iter().map(Resolved::plain).collect());
    }
    log.readers.query(|page| links::resolve(page, events)).await.map_err(Status::from)
}

/// The tombstone of a stream, to be delivered before a follower's end.
pub(crate) async fn tombstone(log: &Log, stream: &StreamName) -> Result<Vec<Resolved>, Status> {
    let stream = stream.clone();
    let found = log.readers.query(move |page| read_stream::tombstone(page, &stream)).await;
    Ok(found?.events.into_iter().map(Resolved::plain).collect())
}

fn resolve(
    page: &mut Page<'_>,
    events: Vec<Arc<Recorded>>,
    resolve_links: bool,
) -> Result<Vec<Resolved>, rusqlite::Error> {
    if resolve_links {
        links::resolve(page, events)
    } else {
        Ok(events.into_iter().map(Resolved::plain).collect())
    }
}

impl From<Unreadable> for Status {
    fn from(error: Unreadable) -> Self {
        status::storage(&error.to_string())
    }
}

/// A filter that cannot be decided ends the reading.
pub(crate) fn undecidable(_: crate::filter::InvalidFilter) -> Status {
    status::unhandled()
}
