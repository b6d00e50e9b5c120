//! Following one stream: its visible events after a revision, then what is appended to it.

use super::{
    outbox::{Messages, Tray},
    pages::{self, PAGE, StreamPage, StreamRange},
    read_request::Origin,
    status,
    wire::{IdFormat, Message},
};
use crate::log::{
    Log, StreamName,
    event::{NO_EVENT, Position, Revision},
    links::Resolved,
    read_all::Direction,
    read_stream::{self, State},
};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::watch;
use tonic::Status;

/// A subscription to a stream.
pub(crate) struct StreamFollower {
    log: Arc<Log>,
    stream: StreamName,
    head: watch::Receiver<Position>,
    /// The log was looked at up to here.
    cursor: Position,
    /// The number of the last event delivered, or that need not be.
    after: Revision,
    resolve_links: bool,
}

impl StreamFollower {
    /// Starts the subscription, unless the stream is gone for good. It ends when its reader goes, or
    /// with an error, never by itself.
    pub(crate) async fn start(
        log: Arc<Log>,
        ids: IdFormat,
        stream: StreamName,
        from: Origin<Revision>,
        resolve_links: bool,
    ) -> Result<Messages, Status> {
        let head = log.head();
        let cursor = *head.borrow();
        let name = stream.clone();
        let (state, last) = log
            .readers
            .query(move |page| {
                Ok((read_stream::state(page, &name)?, read_stream::last(page, &name)?))
            })
            .await?;
        if state == State::Tombstoned {
            return Err(status::stream_deleted(&stream));
        }
        let after = match from {
            Origin::Start => NO_EVENT,
            Origin::End => last,
            Origin::At(revision) => revision,
        };
        let follower = Self { log, stream, head, cursor, after, resolve_links };
        let confirmed = vec![Message::Confirmation(crate::id::fresh())];
        Ok(Messages::follow(ids, confirmed, |tray| follower.run(tray)))
    }

    async fn run(mut self, tray: Tray) -> Result<Infallible, Status> {
        loop {
            self.catch_up(&tray).await?;
            let revision = Some(self.after).filter(|after| *after != NO_EVENT);
            tray.put(vec![Message::CaughtUp { revision, position: None }]).await;
            self.live(&tray).await?;
        }
    }

    /// Reads the database up to the end of the stream.
    async fn catch_up(&mut self, tray: &Tray) -> Result<(), Status> {
        loop {
            let end = *self.head.borrow_and_update();
            let range = StreamRange {
                stream: self.stream.clone(),
                direction: Direction::Forwards,
                from: self.after.saturating_add(1),
                limit: PAGE,
                resolve_links: self.resolve_links,
                jump: None,
            };
            let complete = match pages::of_stream(&self.log, range).await? {
                StreamPage::Absent => true,
                StreamPage::Tombstoned => {
                    let tombstone = pages::tombstone(&self.log, &self.stream).await?;
                    self.deliver(tray, tombstone).await?;
                    return Err(status::stream_deleted(&self.stream));
                }
                StreamPage::Page { page, .. } => {
                    self.deliver(tray, page.events).await?;
                    page.complete
                }
            };
            if complete {
                self.cursor = end;
                return Ok(());
            }
        }
    }

    /// Reads the tail whenever the log grows; returns when the reader was too slow for it.
    async fn live(&mut self, tray: &Tray) -> Result<(), Status> {
        loop {
            let end = *self.head.borrow_and_update();
            if end <= self.cursor {
                self.head.changed().await.map_err(|_| status::shutting_down())?;
                continue;
            }
            let Some(events) = self.log.tail(self.cursor, PAGE) else { return Ok(()) };
            self.cursor = match events.last() {
                Some(last) if events.len() == PAGE => last.position,
                Some(last) => last.position.max(end),
                None => end,
            };
            let ours = events
                .into_iter()
                .filter(|event| event.stream == self.stream && event.revision > self.after)
                .collect();
            let resolved = pages::resolved(&self.log, ours, self.resolve_links).await?;
            self.deliver(tray, resolved).await?;
        }
    }

    /// Sends events on; a tombstone is the last one.
    async fn deliver(&mut self, tray: &Tray, events: Vec<Resolved>) -> Result<(), Status> {
        let last = events.last().and_then(Resolved::original).cloned();
        tray.put(events.into_iter().map(Message::Event).collect()).await;
        if let Some(last) = last {
            self.after = last.revision;
            if last.is_tombstone() {
                return Err(status::stream_deleted(&self.stream));
            }
        }
        Ok(())
    }
}
