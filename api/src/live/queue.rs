//! Queue: what waits for one subscriber; bounded, and honest about what it dropped.
//!
//! Once it is full, everything is counted instead of kept until the subscriber has taken what
//! there was and been told of the gap. So what is delivered is always without holes up to a
//! `Lagged`, and the hole is exactly where it says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use store::Position;
use tokio::sync::Notify;

use super::Message;

/// Entries one subscriber may be behind.
pub(super) const CAPACITY: usize = 1024;

/// What is handed out at one position of the log.
#[derive(Clone)]
pub(super) enum Entry {
    Message(Arc<Message>),
    /// Something that can not be read, nor whose it is.
    Unreadable(Position),
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Notify,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    skipped: u64,
}

/// What a subscriber takes.
pub(super) enum Taken {
    Entry(Entry),
    /// So many entries were dropped since the last one taken.
    Lagged(u64),
}

impl Entry {
    pub(super) fn position(&self) -> Position {
        match self {
            Self::Message(message) => message.position(),
            Self::Unreadable(position) => *position,
        }
    }
}

impl Queue {
    pub(super) fn push(&self, entry: &Entry) {
        let mut waiting = self.lock();
        if waiting.skipped > 0 || waiting.entries.len() >= CAPACITY {
            waiting.skipped += 1;
        } else {
            waiting.entries.push_back(entry.clone());
        }
        drop(waiting);
        self.ready.notify_one();
    }

    pub(super) async fn take(&self) -> Taken {
        loop {
            if let Some(taken) = self.try_take() {
                return taken;
            }
            self.ready.notified().await;
        }
    }

    fn try_take(&self) -> Option<Taken> {
        let mut waiting = self.lock();
        if let Some(entry) = waiting.entries.pop_front() {
            return Some(Taken::Entry(entry));
        }
        let skipped = std::mem::take(&mut waiting.skipped);
        (skipped > 0).then_some(Taken::Lagged(skipped))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
