//! Live: what happens in the log, as it happens, for everyone on this node.
//!
//! One follower per node reads the log from where it ended at the start. Each event first brings
//! the [`Folds`] up to date, then goes to whoever wants it: sockets ring a [`Bell`], subscribers
//! get the [`Message`], with the state folded at its position, made once for all of them.
//! Postgres has no part in it.

mod bell;
mod connections;
mod follower;
mod hub;
mod message;
mod queue;
mod read_index;
mod revocation;
mod subscription;
#[cfg(test)]
mod tests;
mod vigil;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{Aggregate, catalog::CATEGORIES, reactor_cursor::ReactorCursor};
use store::{Log, Position, Unavailable};
use tokio::{
    sync::{Semaphore, watch},
    time,
};
use tokio_util::sync::CancellationToken;

pub use self::{
    bell::Bell,
    connections::{Connection, Connections, Place},
    hub::{Key, Registration},
    message::{AccountAt, Change, Message, ViewError},
    revocation::{CredentialKind, Revocation},
    subscription::{Interest, Item, Subscription},
    vigil::Vigil,
};
use self::{follower::Follower, hub::Hub, read_index::ReadIndex};
use crate::{
    app::{folds::Folds, freshness::Freshness},
    clock::Clock,
};

/// How many subscriptions read pages of the past at once; the others wait their turn.
const CATCHING_UP: usize = 4;

/// The follower is a few milliseconds behind the log; it is longer where the log ends with what is
/// not followed.
const SOON: Duration = Duration::from_millis(20);

/// The categories that are followed: all but what reactors note for themselves.
fn followed() -> impl Iterator<Item = &'static str> {
    CATEGORIES.iter().copied().filter(|category| *category != ReactorCursor::CATEGORY)
}

/// A node's view of the log as it grows; clones share it.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    log: Log,
    hub: Arc<Hub>,
    turns: Arc<Semaphore>,
    reached: watch::Receiver<Position>,
    /// The same for those who ask at every request: a lock is one too many for them.
    position: Arc<AtomicU64>,
    read_index: ReadIndex,
    connections: Connections,
    stop: CancellationToken,
}

impl Live {
    /// Starts to follow the log from its present end, until `stop`.
    pub async fn start(
        log: &Log,
        folds: Folds,
        freshness: Freshness,
        clock: Clock,
        stop: CancellationToken,
    ) -> Result<Self, Unavailable> {
        let head = log.head().await?.unwrap_or(Position::START);
        let hub = Arc::new(Hub::new(head));
        let (reached, watched) = watch::channel(head);
        let (log, connections) = (log.clone(), Connections::default());
        let position = Arc::new(AtomicU64::new(head.as_u64()));
        let follower = Follower {
            log: log.clone(),
            hub: Arc::clone(&hub),
            folds,
            freshness,
            clock,
            reached,
            position: Arc::clone(&position),
            stop: stop.clone(),
        };
        tokio::spawn(follower.supervise());
        let turns = Arc::new(Semaphore::new(CATCHING_UP));
        let (reached, read_index) = (watched, ReadIndex::start(log.clone()));
        let inner = Inner { log, hub, turns, reached, position, read_index, connections, stop };
        Ok(Self(Arc::new(inner)))
    }

    /// Subscribes to events after a cursor, or from now on.
    pub fn subscribe(&self, interest: Interest, after: Option<Position>) -> Subscription {
        let Inner { log, hub, turns, .. } = &*self.0;
        Subscription::new(log.clone(), Arc::clone(hub), Arc::clone(turns), interest, after)
    }

    /// Lets `bell` ring at every event of `key`, until the registration is dropped.
    pub fn ring(&self, bell: &Arc<Bell>, key: Key) -> Registration {
        self.0.hub.hang(key, bell)
    }

    /// Everything up to here has reached this node.
    pub fn position(&self) -> Position {
        Position::from_u64(self.0.position.load(Ordering::Acquire))
    }

    /// Waits until `position` has reached this node; tells whether it did in time.
    pub async fn wait(&self, position: Position, within: Duration) -> bool {
        let mut reached = self.0.reached.clone();
        let passed = reached.wait_for(|reached| *reached >= position);
        matches!(time::timeout(within, passed).await, Ok(Ok(_)))
    }

    /// Waits until all that was in the log when this was called has reached this node; tells whether
    /// it did within [`SOON`].
    pub async fn catch_up(&self) -> bool {
        let Some(head) = self.0.read_index.get().await else { return false };
        self.position() >= head || self.wait(head, SOON).await
    }

    /// Cancelled when the node stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The sockets open on this node.
    pub fn connections(&self) -> &Connections {
        &self.0.connections
    }
}
