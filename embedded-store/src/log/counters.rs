//! Counters: what the writer has done since it was started.

use std::sync::atomic::{AtomicU64, Ordering};

/// Only ever grows. What is read of several counters need not be of the same moment.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Events that were written.
    pub(crate) events: Counter,
    /// Bytes of their data and metadata.
    pub(crate) bytes: Counter,
    /// Transactions that were committed.
    pub(crate) commits: Counter,
    /// Transactions that the disk or SQLite refused.
    pub(crate) refusals: Counter,
    /// Events that scavenges removed.
    pub(crate) removed: Counter,
}

/// One figure.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
