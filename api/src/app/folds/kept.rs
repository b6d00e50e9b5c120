//! Kept: the remembered folds of one kind of stream.
//!
//! The race between a reader and the follower is decided by an epoch per stream (striped): the
//! follower moves it with every event, and a reader that asked the log under an older epoch does
//! not put its answer back. So an entry, once here, has seen every event the follower has; and
//! whatever was concluded from entries holds for as long as their epochs stand.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::Aggregate;
use quick_cache::sync::Cache;
use store::{Loaded, Recorded};

/// How many streams share an epoch is chance; more stripes mean fewer needless reads.
const STRIPES: usize = 1 << 12;

pub(crate) struct Kept<A: Aggregate> {
    entries: Cache<A::Id, Arc<Loaded<A>>>,
    stripes: Box<[Stripe]>,
    hasher: RandomState,
}

/// The epoch of some streams; moved under the lock, read without.
#[derive(Default)]
struct Stripe {
    lock: Mutex<()>,
    epoch: AtomicU64,
}

/// The epoch of a stream at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    stripe: usize,
    number: u64,
}

/// What the follower does with every cache, whatever it holds.
pub(super) trait Follow {
    fn follow(&self, event: &Recorded);
    fn forget_stream(&self, stream: &str);
}

impl<A: Aggregate> Kept<A> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: Cache::new(capacity),
            stripes: (0..STRIPES).map(|_| Stripe::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn get(&self, id: A::Id) -> Option<Arc<Loaded<A>>> {
        self.entries.get(&id)
    }

    /// To be noted before an entry is looked up or the log is asked.
    ///
    /// Waits for a change under way, so that what is looked up afterwards has seen it.
    pub(super) fn epoch(&self, id: A::Id) -> Epoch {
        let stripe = self.stripe_of(id);
        let _held = self.hold(stripe);
        Epoch { stripe, number: self.stripes[stripe].epoch.load(Ordering::Acquire) }
    }

    /// Tells whether nothing has happened since `epoch`, without waiting for anybody.
    pub(super) fn stands(&self, epoch: Epoch) -> bool {
        self.stripes[epoch.stripe].epoch.load(Ordering::Acquire) == epoch.number
    }

    /// Remembers what the log answered, unless something happened since `epoch`.
    pub(super) fn put_back(&self, id: A::Id, epoch: Epoch, loaded: &Arc<Loaded<A>>) {
        let _held = self.hold(epoch.stripe);
        if self.stands(epoch) {
            self.entries.insert(id, Arc::clone(loaded));
        }
    }

    pub(super) fn forget(&self, id: A::Id) {
        let _held = self.move_on(id);
        self.entries.remove(&id);
    }

    /// Takes an entry to where a write of this node has left its stream.
    ///
    /// An entry has seen all that the follower has, so the newer of the two is what is known. Where
    /// there is none, nobody knows what the follower has seen since the write: the stream is read.
    pub(super) fn advance(&self, id: A::Id, written: Arc<Loaded<A>>) {
        let _held = self.move_on(id);
        if self.entries.get(&id).is_some_and(|entry| entry.revision < written.revision) {
            self.entries.insert(id, written);
        }
    }

    fn evolve(&self, id: A::Id, event: &Recorded) {
        let _held = self.move_on(id);
        let Some(entry) = self.entries.get(&id) else { return };
        if entry.revision >= Some(event.revision) {
            return; // It was read after the event.
        }
        match successor(&entry, event) {
            Some(next) => self.entries.insert(id, Arc::new(next)),
            None => drop(self.entries.remove(&id)),
        }
    }

    /// Ends the epoch of a stream; until the guard is dropped nobody notes the next.
    fn move_on(&self, id: A::Id) -> MutexGuard<'_, ()> {
        let stripe = self.stripe_of(id);
        let held = self.hold(stripe);
        self.stripes[stripe].epoch.fetch_add(1, Ordering::AcqRel);
        held
    }

    fn hold(&self, stripe: usize) -> MutexGuard<'_, ()> {
        self.stripes[stripe].lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stripe_of(&self, id: A::Id) -> usize {
        usize::try_from(self.hasher.hash_one(id) % STRIPES as u64)
            .expect("less than the number of stripes")
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
