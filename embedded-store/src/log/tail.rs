//! The log's tail: the newest events in memory, so that those who follow live need no query.
//!
//! Whoever is behind the tail reads the database instead.

use super::event::{Position, Recorded};
use std::{
    collections::VecDeque,
    sync::{Arc, RwLock},
};

/// How many events the tail holds at most.
const EVENTS: usize = 4096;

/// How many bytes of events the tail holds at most.
const BYTES: usize = 8 << 20;

/// The newest events, oldest first.
pub(crate) struct Tail {
    kept: RwLock<Kept>,
}

struct Kept {
    /// Every event after this position is here.
    after: Position,
    events: VecDeque<Arc<Recorded>>,
    bytes: usize,
}

impl Tail {
    /// An empty tail of a log that ends at `head`.
    pub(crate) fn new(head: Position) -> Self {
        Self { kept: RwLock::new(Kept { after: head, events: VecDeque::new(), bytes: 0 }) }
    }

    /// Adds committed events, in order.
    pub(crate) fn extend(&self, events: Vec<Arc<Recorded>>) {
        let mut kept = self.kept.write().expect("nothing panics while it holds the tail");
        for event in events {
            kept.bytes += weight(&event);
            kept.events.push_back(event);
        }
        while kept.events.len() > EVENTS || kept.bytes > BYTES {
            let Some(oldest) = kept.events.pop_front() else { break };
            kept.bytes -= weight(&oldest);
            kept.after = oldest.position;
        }
    }

    /// Forgets every event: some may have been removed from the log.
    pub(crate) fn forget(&self) {
        let mut kept = self.kept.write().expect("nothing panics while it holds the tail");
        if let Some(newest) = kept.events.back() {
            kept.after = newest.position;
        }
        kept.events.clear();
        kept.bytes = 0;
    }

    /// Up to `limit` events after `position`, or nothing if the tail begins later than that.
    pub(crate) fn after(&self, position: Position, limit: usize) -> Option<Vec<Arc<Recorded>>> {
        let kept = self.kept.read().expect("nothing panics while it holds the tail");
        if position < kept.after {
            return None;
        }
        let first = kept.events.partition_point(|event| event.position <= position);
        Some(kept.events.range(first..).take(limit).cloned().collect())
    }
}

/// What an event of the tail takes, in bytes: followers leave it encoded as well.
fn weight(event: &Recorded) -> usize {
    2 * event.weight()
}
