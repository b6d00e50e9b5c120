//! Subscription: the events of one interest, from a cursor or from now, each exactly once.
//!
//! What lies behind is read from the log in pages. Near its end the subscription joins the hub,
//! which says after which position; the log is read up to there, and the rest is handed out live.
//! So nothing is missed and nothing comes twice, and a long way to catch up fills no queue.

use std::{collections::VecDeque, sync::Arc};

use store::{Log, Position, Unavailable};
use tokio::sync::Semaphore;

use super::{
    Message,
    hub::{Choice, Hub, Key, Registration},
    queue::{Entry, Queue, Taken},
};

/// Events read from the log at a time.
const PAGE: usize = 256;

/// Which events someone wants; what can not be read is told of, whatever was wanted.
pub struct Interest {
    pub(super) key: Key,
    pub(super) choice: Choice,
}

impl Interest {
    pub fn new(key: Key, choice: impl Fn(&Message) -> bool + Send + Sync + 'static) -> Self {
        let choice = move |message: &Message| message.is_unreadable || choice(message);
        Self { key, choice: Box::new(choice) }
    }
}

/// What a subscription yields.
pub enum Item {
    Message(Arc<Message>),
    /// What lies here can not be read, so whether it was wanted is not known. What follows is.
    Unreadable(Position),
    /// Once: everything up to here has been yielded, what follows is new.
    CaughtUp(Position),
    /// The subscriber was too slow: so many were dropped after `resume_from`.
    Lagged {
        skipped: u64,
        resume_from: Position,
    },
}

impl From<Entry> for Item {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Message(message) if message.is_unreadable => {
                Self::Unreadable(message.position())
            }
            Entry::Message(message) => Self::Message(message),
            Entry::Unreadable(position) => Self::Unreadable(position),
        }
    }
}

pub struct Subscription {
    log: Log,
    hub: Arc<Hub>,
    /// Taken for each page, so that those who read all of history do not stop the others.
    turns: Arc<Semaphore>,
    key: Key,
    choice: Arc<Choice>,
    queue: Arc<Queue>,
    stage: Stage,
    /// Everything up to here was yielded, is in `ready`, or is not wanted.
    after: Position,
    ready: VecDeque<Entry>,
}

enum Stage {
    Behind,
    /// What comes after the position waits in the queue.
    Joined(Registration, Position),
    Live(#[expect(dead_code, reason = "held for its end")] Registration),
}

impl Subscription {
    pub(super) fn new(
        log: Log,
        hub: Arc<Hub>,
        turns: Arc<Semaphore>,
        interest: Interest,
        after: Option<Position>,
    ) -> Self {
        let Interest { key, choice } = interest;
        let (choice, queue) = (Arc::new(choice), Arc::default());
        let (stage, after) = if let Some(after) = after {
            (Stage::Behind, after)
        } else {
            let (registration, joined) = hub.join(key.clone(), &queue, &choice);
            (Stage::Joined(registration, joined), joined)
        };
        let ready = VecDeque::new();
        Self { log, hub, turns, key, choice, queue, stage, after, ready }
    }

    /// Waits for the next item. Dropped half way, it has lost nothing.
    pub async fn next(&mut self) -> Result<Item, Unavailable> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(entry.into());
            }
            match &self.stage {
                Stage::Behind => self.catch_up().await?,
                Stage::Joined(_, joined) if self.after < *joined => {
                    self.read_up_to(*joined).await?;
                }
                Stage::Joined(..) => return Ok(self.go_live()),
                Stage::Live(_) => match self.queue.take().await {
                    // Only a cursor from ahead of this node can have seen it already.
                    Taken::Entry(entry) if entry.position() <= self.after => {}
                    Taken::Entry(entry) => {
                        self.after = entry.position();
                        return Ok(entry.into());
                    }
                    Taken::Lagged(skipped) => {
                        return Ok(Item::Lagged { skipped, resume_from: self.after });
                    }
                },
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), Unavailable> {
        let near_the_end = self.read_up_to(Position::from_u64(u64::MAX)).await?;
        if near_the_end {
            let (registration, joined) = self.hub.join(self.key.clone(), &self.queue, &self.choice);
            self.stage = Stage::Joined(registration, joined);
        }
        Ok(())
    }

    /// Reads one page; tells whether it was the last before `end`.
    async fn read_up_to(&mut self, end: Position) -> Result<bool, Unavailable> {
        let turn = self.turns.acquire().await;
        let page = self.log.read_on(Some(self.after), PAGE).await?;
        drop(turn);
        let all = page.len() < PAGE || page.last().is_some_and(|item| item.position() >= end);
        for item in page {
            let position = item.position();
            if position <= self.after || position > end {
                continue;
            }
            self.after = position;
            match item {
                store::Item::Event(event) if self.is_listened_to(&event) => {
                    let message = Arc::new(Message::new(event, None));
                    if (self.choice)(&message) {
                        self.ready.push_back(Entry::Message(message));
                    }
                }
                store::Item::Unreadable(event) if self.may_concern(&event.stream) => {
                    self.ready.push_back(Entry::Unreadable(position));
                }
                store::Item::Event(_) | store::Item::Unreadable(_) => {}
            }
        }
        if all && end < Position::from_u64(u64::MAX) {
            self.after = self.after.max(end);
        }
        Ok(all)
    }

    /// Nobody can say of which tenant an event is that can not be read.
    fn may_concern(&self, stream: &str) -> bool {
        let followed =
            || super::followed().any(|category| stream.split('-').next() == Some(category));
        match &self.key {
            Key::Stream(name) => stream == name,
            Key::Tenant(_) => followed(),
        }
    }

    fn is_listened_to(&self, event: &store::Recorded) -> bool {
        match &self.key {
            Key::Stream(name) => event.stream == *name,
            Key::Tenant(id) => event.metadata.workspace_id == Some(*id),
        }
    }

    fn go_live(&mut self) -> Item {
        if let Stage::Joined(registration, _) = std::mem::replace(&mut self.stage, Stage::Behind) {
            self.stage = Stage::Live(registration);
        }
        Item::CaughtUp(self.after)
    }
}
