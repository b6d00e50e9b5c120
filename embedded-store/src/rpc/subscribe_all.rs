//! Following `$all`: history from a position on, then what is appended, each event once and in order.

use super::{
    checkpoints::Checkpoints,
    outbox::{Messages, Tray},
    pages::{self, PAGE},
    read_request::{Origin, Window},
    status,
    wire::{IdFormat, Message},
};
use crate::{
    filter::{Filter, hidden},
    log::{
        Log,
        event::{Position, Recorded},
        read_all::Direction,
    },
};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::watch;
use tonic::Status;

/// A subscription to `$all`.
pub(crate) struct AllFollower {
    log: Arc<Log>,
    head: watch::Receiver<Position>,
    /// Everything up to here was looked at.
    cursor: Position,
    resolve_links: bool,
    filter: Option<(Filter, Checkpoints)>,
}

impl AllFollower {
    /// Starts the subscription; it ends when its reader goes, or with an error, never by itself.
    pub(crate) fn start(
        log: Arc<Log>,
        ids: IdFormat,
        from: Origin<Position>,
        resolve_links: bool,
        filter: Option<(Filter, Window)>,
    ) -> Messages {
        let head = log.head();
        let cursor = match from {
            Origin::Start => 0,
            Origin::End => *head.borrow(),
            Origin::At(position) => position,
        };
        let filter = filter.map(|(filter, window)| (filter, Checkpoints::new(window)));
        let follower = Self { log, head, cursor, resolve_links, filter };
        let confirmed = vec![Message::Confirmation(crate::id::fresh())];
        Messages::follow(ids, confirmed, |tray| follower.run(tray))
    }

    async fn run(mut self, tray: Tray) -> Result<Infallible, Status> {
        loop {
            self.catch_up(&tray).await?;
            let mut messages = Vec::new();
            if let Some((_, checkpoints)) = &mut self.filter {
                messages.extend(checkpoints.caught_up().map(Message::Checkpoint));
            }
            let position = Some(self.cursor).filter(|cursor| *cursor > 0);
            messages.push(Message::CaughtUp { revision: None, position });
            tray.put(messages).await;
            self.live(&tray).await?;
        }
    }

    /// Reads the database up to the end of the log.
    async fn catch_up(&mut self, tray: &Tray) -> Result<(), Status> {
        loop {
            let end = *self.head.borrow_and_update();
            let (events, complete) =
                pages::of_all(&self.log, Direction::Forwards, self.cursor, PAGE).await?;
            self.deliver(tray, events, Checkpoints::catching_up).await?;
            if complete {
                self.cursor = self.cursor.max(end);
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
            let complete = events.len() < PAGE;
            self.deliver(tray, events, Checkpoints::live).await?;
            if complete {
                self.cursor = self.cursor.max(end);
            }
        }
    }

    async fn deliver(
        &mut self,
        tray: &Tray,
        events: Vec<Arc<Recorded>>,
        count: fn(&mut Checkpoints, Position, bool) -> Option<Position>,
    ) -> Result<(), Status> {
        let mut wanted = Vec::with_capacity(events.len());
        let mut checkpoints = Vec::new();
        for event in events {
            let position = event.position;
            self.cursor = position;
            if hidden(&event) {
                continue;
            }
            let Some((filter, counter)) = &mut self.filter else {
                wanted.push(event);
                continue;
            };
            let matches = filter.matches(&event).map_err(pages::undecidable)?;
            if matches {
                wanted.push(event);
            }
            if let Some(checkpoint) = count(counter, position, matches) {
                checkpoints.push((wanted.len(), checkpoint));
            }
        }
        let resolved = pages::resolved(&self.log, wanted, self.resolve_links).await?;
        tray.put(interleave(resolved, checkpoints)).await;
        Ok(())
    }
}

/// Puts each checkpoint behind as many events as it says.
fn interleave(
    events: Vec<crate::log::links::Resolved>,
    checkpoints: Vec<(usize, Position)>,
) -> Vec<Message> {
    let mut messages = Vec::with_capacity(events.len() + checkpoints.len());
    let mut checkpoints = checkpoints.into_iter().peekable();
    for (index, event) in events.into_iter().enumerate() {
        while let Some((_, position)) = checkpoints.next_if(|(behind, _)| *behind <= index) {
            messages.push(Message::Checkpoint(position));
        }
        messages.push(Message::Event(event));
    }
    messages.extend(checkpoints.map(|(_, position)| Message::Checkpoint(position)));
    messages
}
