//! Queue: what waits for one subscriber; bounded, and honest about what it dropped.
//!
//! Once it is full, everything is counted instead of kept until the subscriber has taken what
//! there was and been told of the gap. So what is delivered is always without holes up to a
//! `Lagged`, and the hole is exactly where it says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::Message;

/// Messages one subscriber may be behind.
pub(super) const CAPACITY: usize = 1024;

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<Message>>,
    skipped: u64,
}

/// What a subscriber takes.
pub(super) enum Taken {
    Message(Arc<Message>),
    /// So many messages were dropped since the last one taken.
    Lagged(u64),
}

impl Queue {
    pub(super) fn push(&self, message: &Arc<Message>) {
        let mut waiting = self.lock();
        if waiting.skipped > 0 || waiting.messages.len() >= CAPACITY {
            waiting.skipped += 1;
        } else {
            waiting.messages.push_back(Arc::clone(message));
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
        if let Some(message) = waiting.messages.pop_front() {
            return Some(Taken::Message(message));
        }
        let skipped = std::mem::take(&mut waiting.skipped);
        (skipped > 0).then_some(Taken::Lagged(skipped))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
