//! Kept: the remembered folds of one kind of stream.
//!
//! The race between a reader and the follower is decided by an epoch per stream (striped): the
//! follower moves it with every event, and a reader that asked the log under an older epoch does
//! not put its answer back. So an entry, once here, has seen every event the follower has.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Aggregate;
use moka::sync::Cache;
use store::{Loaded, Recorded};

/// How many streams share an epoch is chance; more stripes mean fewer needless reads.
const STRIPES: usize = 256;

pub(crate) struct Kept<A: Aggregate> {
    entries: Cache<A::Id, Arc<Loaded<A>>>,
    epochs: Box<[Mutex<u64>]>,
    hasher: RandomState,
}

/// What the follower does with every cache, whatever it holds.
pub(super) trait Follow {
    fn follow(&self, event: &Recorded);
    fn forget_stream(&self, stream: &str);
}

impl<A: Aggregate> Kept<A> {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            entries: Cache::new(capacity),
            epochs: (0..STRIPES).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn get(&self, id: A::Id) -> Option<Arc<Loaded<A>>> {
        self.entries.get(&id)
    }

    /// To be noted before the log is asked.
    pub(super) fn epoch(&self, id: A::Id) -> u64 {
        *self.stripe(id)
    }

    /// Remembers what the log answered, unless something happened since `epoch`.
    pub(super) fn put_back(&self, id: A::Id, epoch: u64, loaded: &Arc<Loaded<A>>) {
        let current = self.stripe(id);
        if *current == epoch {
            self.entries.insert(id, Arc::clone(loaded));
        }
    }

    pub(super) fn forget(&self, id: A::Id) {
        let mut epoch = self.stripe(id);
        *epoch += 1;
        self.entries.invalidate(&id);
    }

    fn evolve(&self, id: A::Id, event: &Recorded) {
        let mut epoch = self.stripe(id);
        *epoch += 1;
        let Some(entry) = self.entries.get(&id) else { return };
        if entry.revision >= Some(event.revision) {
            return; // It was read after the event.
        }
        match successor(&entry, event) {
            Some(next) => self.entries.insert(id, Arc::new(next)),
            None => self.entries.invalidate(&id),
        }
    }

    fn stripe(&self, id: A::Id) -> MutexGuard<'_, u64> {
        let stripe = usize::try_from(self.hasher.hash_one(id) % STRIPES as u64)
            .expect("less than the number of stripes");
        self.epochs[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Aggregate> Follow for Kept<A> {
    fn follow(&self, event: &Recorded) {
        if let Some(id) = event.id_of::<A>() {
            self.evolve(id, event);
        }
    }

    fn forget_stream(&self, stream: &str) {
        let id = stream.strip_prefix(A::CATEGORY).and_then(|rest| rest.strip_prefix('-'));
        if let Some(id) = id.and_then(|id| id.parse().ok()) {
            self.forget(id);
        }
    }
}

/// The entry with `event` folded in, where that is the very next event of its stream.
fn successor<A: Aggregate>(entry: &Loaded<A>, event: &Recorded) -> Option<Loaded<A>> {
    if entry.revision?.checked_add(1)? != event.revision {
        return None;
    }
    let fact = event.decode::<A::Event>().ok()?;
    let at = event.metadata.occurred_at;
    Some(Loaded {
        state: entry.state.clone().evolve(&fact, at),
        revision: Some(event.revision),
        position: Some(event.position),
        last_at: Some(at),
    })
}

#[cfg(test)]
mod tests;
