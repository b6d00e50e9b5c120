//! Reads that end: a stream or `$all`, in either direction, up to a count.
//!
//! The first page is read before the call is answered, so that what goes wrong there is the answer.

use super::{
    outbox::{Messages, Outbox},
    pages::{self, PAGE, StreamPage, StreamRange},
    read_request::Origin,
    status,
    wire::{IdFormat, Message},
};
use crate::{
    filter::{Filter, hidden},
    log::{
        Log, StreamName,
        event::{Position, Revision},
        links::Resolved,
        read_all::Direction,
    },
};
use std::sync::Arc;
use tonic::Status;

/// How many numbers a genuine server looks at in one go; it shows where it tells of truncation.
const GENUINE_PAGE: u64 = 32;

/// A read of one stream.
pub(crate) struct StreamRead {
    pub(crate) log: Arc<Log>,
    pub(crate) ids: IdFormat,
    pub(crate) stream: StreamName,
    pub(crate) from: Origin<Revision>,
    pub(crate) direction: Direction,
    pub(crate) count: u64,
    pub(crate) resolve_links: bool,
    pub(crate) positions: bool,
}

impl StreamRead {
    pub(crate) async fn run(mut self) -> Result<Messages, Status> {
        let from = match (self.from, self.direction) {
            (Origin::End, Direction::Forwards) => return Err(unexpected("ReadStreamResult")),
            (Origin::End, Direction::Backwards) => Revision::MAX,
            (Origin::Start, _) => 0,
            (Origin::At(revision), _) => revision,
        };
        if self.count == 0 {
            return Err(unexpected("ReadStreamResult"));
        }
        let mut first = self.range(from);
        if self.positions && self.direction == Direction::Forwards {
            first.jump = i64::try_from(self.count.min(GENUINE_PAGE)).ok();
        }
        match pages::of_stream(&self.log, first).await? {
            StreamPage::Absent => {
                Ok(Messages::complete(self.ids, vec![Message::StreamNotFound(self.stream)]))
            }
            StreamPage::Tombstoned => Err(status::stream_deleted(&self.stream)),
            StreamPage::Page { page, last, jump } => {
                let mut messages = Vec::new();
                messages.extend(jump.map(Message::FirstStreamPosition));
                match self.take(page.events, page.complete, last, &mut messages) {
                    None => Ok(Messages::complete(self.ids, messages)),
                    Some(next) => {
                        let (outbox, stream) = Messages::begin(self.ids, messages);
                        tokio::spawn(self.go_on(outbox, next));
                        Ok(stream)
                    }
                }
            }
        }
    }

    /// Adds a page's messages; says where the next page begins, if there is one.
    fn take(
        &mut self,
        events: Vec<Resolved>,
        complete: bool,
        last: Revision,
        messages: &mut Vec<Message>,
    ) -> Option<Revision> {
        self.count = self.count.saturating_sub(events.len() as u64);
        let read = events.last().and_then(Resolved::original).map(|event| event.revision);
        messages.extend(events.into_iter().map(Message::Event));
        let next = read.filter(|_| !complete && self.count > 0).map(|read| match self.direction {
            Direction::Forwards => read + 1,
            Direction::Backwards => read - 1,
        });
        if next.is_none() && self.positions {
            messages.push(Message::LastStreamPosition(last));
        }
        next
    }

    async fn go_on(mut self, outbox: Outbox, mut from: Revision) {
        loop {
            let page = match pages::of_stream(&self.log, self.range(from)).await {
                Ok(StreamPage::Page { page, last, .. }) => Ok((page, last)),
                // Deleted softly while it was read: there is nothing more to see.
                Ok(StreamPage::Absent) => return,
                Ok(StreamPage::Tombstoned) => Err(status::stream_deleted(&self.stream)),
                Err(status) => Err(status),
            };
            let (page, last) = match page {
                Ok(page) => page,
                Err(status) => return outbox.end(status).await,
            };
            let mut messages = Vec::new();
            let next = self.take(page.events, page.complete, last, &mut messages);
            if outbox.send(messages).await.is_err() {
                return;
            }
            match next {
                Some(next) => from = next,
                None => return,
            }
        }
    }

    fn range(&self, from: Revision) -> StreamRange {
        StreamRange {
            stream: self.stream.clone(),
            direction: self.direction,
            from,
            limit: usize::try_from(self.count).map_or(PAGE, |count| count.min(PAGE)),
            resolve_links: self.resolve_links,
            jump: None,
        }
    }
}

/// A read of `$all`.
pub(crate) struct AllRead {
    pub(crate) log: Arc<Log>,
    pub(crate) ids: IdFormat,
    pub(crate) from: Origin<Position>,
    pub(crate) direction: Direction,
    pub(crate) count: u64,
    pub(crate) resolve_links: bool,
    pub(crate) filter: Option<Filter>,
}

impl AllRead {
    pub(crate) async fn run(mut self) -> Result<Messages, Status> {
        if self.count == 0 {
            return Err(unexpected("ReadAllResult"));
        }
        // Forwards the given position is included, backwards it is not.
        let from = match (self.from, self.direction) {
            (Origin::Start, Direction::Forwards) => 0,
            (Origin::At(position), Direction::Forwards) => position - 1,
            (Origin::At(position), Direction::Backwards) => position,
            (Origin::End, Direction::Backwards) => Position::MAX,
            (Origin::End, Direction::Forwards) | (Origin::Start, Direction::Backwards) => {
                return Ok(Messages::complete(self.ids, Vec::new()));
            }
        };
        let (messages, next) = self.page(from).await?;
        let Some(next) = next else { return Ok(Messages::complete(self.ids, messages)) };
        let (outbox, stream) = Messages::begin(self.ids, messages);
        tokio::spawn(self.go_on(outbox, next));
        Ok(stream)
    }

    async fn go_on(mut self, outbox: Outbox, mut from: Position) {
        loop {
            match self.page(from).await {
                Ok((messages, next)) => match (outbox.send(messages).await, next) {
                    (Ok(()), Some(next)) => from = next,
                    _ => return,
                },
                Err(status) => return outbox.end(status).await,
            }
        }
    }

    /// The messages of one page, and where the next one begins, if there is one.
    async fn page(&mut self, from: Position) -> Result<(Vec<Message>, Option<Position>), Status> {
        let limit = match (&self.filter, usize::try_from(self.count)) {
            (None, Ok(count)) => count.min(PAGE),
            _ => PAGE,
        };
        let (events, complete) = pages::of_all(&self.log, self.direction, from, limit).await?;
        let read = events.last().map(|event| event.position);
        let mut wanted = Vec::with_capacity(events.len());
        for event in events {
            if self.count == 0 {
                break;
            }
            let passes = match &self.filter {
                Some(filter) => filter.matches(&event).map_err(pages::undecidable)?,
                None => true,
            };
            if passes && !hidden(&event) {
                self.count -= 1;
                wanted.push(event);
            }
        }
        let resolved = pages::resolved(&self.log, wanted, self.resolve_links).await?;
        let messages = resolved.into_iter().map(Message::Event).collect();
        Ok((messages, read.filter(|_| !complete && self.count > 0)))
    }
}

/// A read that a genuine server fails on without saying more.
fn unexpected(result: &str) -> Status {
    Status::unknown(format!("Unexpected {result}: Error"))
}
