//! Remembered states: long streams that this node folded before.
//!
//! What is remembered counts only while the stream's newest event, which is read
//! each time, is the one it ends with: the chain of digests makes that event
//! stand for all before it. So it saves the fold and most of the read, and
//! changes nothing else.

use std::{any::Any, sync::Arc};

use domain::{Aggregate, Retention};
use moka::sync::Cache;

use crate::fold::Folded;

/// Streams that are asked for often stay; the others make room.
const STREAMS: u64 = 4_096;
/// A shorter stream is read whole as fast as its newest event.
const LONG: u64 = 8;

pub(crate) struct Remembered(Cache<String, Arc<dyn Any + Send + Sync>>);

impl Default for Remembered {
    fn default() -> Self {
        Self(Cache::new(STREAMS))
    }
}

impl Remembered {
    pub(crate) fn get<A: Aggregate>(&self, stream: &str) -> Option<Arc<Folded<A>>> {
        self.0.get(stream)?.downcast().ok()
    }

    /// Remembers a state, where that is worth it and its events do not expire.
    pub(crate) fn put<A: Aggregate>(&self, stream: &str, folded: &Arc<Folded<A>>) {
        if A::RETENTION == Retention::Forever && folded.revision > Some(LONG) {
            let folded: Arc<dyn Any + Send + Sync> = Arc::<Folded<A>>::clone(folded);
            self.0.insert(stream.to_owned(), folded);
        }
    }
}
