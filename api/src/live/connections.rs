//! Connections: the sockets open on this node, all of them and by credential.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::id::TokenId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Sockets a node holds open; each takes a file descriptor and some memory.
const MOST: usize = 20_000;

/// Counts sockets; clones share the counts.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    by_credential: Mutex<HashMap<Uuid, u32>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// A place among the sockets of this node; dropping it gives it up.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// One open socket; dropping it counts it out.
pub struct Connection {
    connections: Connections,
    credential: Uuid,
}

impl Default for Connections {
    fn default() -> Self {
        Self(Arc::new(Inner {
            by_credential: Mutex::default(),
            places: Arc::new(Semaphore::new(MOST)),
            tasks: TaskTracker::new(),
        }))
    }
}

impl Connections {
    /// Takes a place for one more socket, if there is one.
    pub fn place(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.places).try_acquire_owned().ok()?;
        metrics::gauge!("keyledger_sockets").increment(1);
        Some(Place { _permit: permit })
    }

    /// The tasks that the sockets are; to be waited for at the end.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Waits until every socket is closed; tells whether they were in time.
    pub async fn closed(&self, within: Duration) -> bool {
        self.0.tasks.close();
        time::timeout(within, self.0.tasks.wait()).await.is_ok()
    }

    /// Counts one more socket of a credential in; `None` where it has `limit` already.
    pub fn open(&self, credential: Uuid, limit: u32) -> Option<Connection> {
        let mut counts = self.lock();
        let count = counts.get(&credential).copied().unwrap_or_default();
        if count >= limit {
            return None;
        }
        counts.insert(credential, count + 1);
        Some(Connection { connections: self.clone(), credential })
    }

    /// How many sockets `token` has open.
    pub fn of(&self, token: TokenId) -> u32 {
        self.lock().get(&token.as_uuid()).copied().unwrap_or_default()
    }

    /// How many sockets are open.
    pub fn total(&self) -> usize {
        MOST - self.0.places.available_permits()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, u32>> {
        self.0.by_credential.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("keyledger_sockets").decrement(1);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut counts = self.connections.lock();
        if let Some(count) = counts.get_mut(&self.credential) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.credential);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_so_many_sockets_and_no_more_until_one_closes() {
        let (connections, token) = (Connections::default(), TokenId::from_uuid(Uuid::nil()));
        let first = connections.open(token.as_uuid(), 2).unwrap();
        let _second = connections.open(token.as_uuid(), 2).unwrap();
        assert!(connections.open(token.as_uuid(), 2).is_none());
        drop(first);
        assert!(connections.open(token.as_uuid(), 2).is_some());
        assert_eq!(connections.of(token), 1);
    }

    #[test]
    fn nothing_is_kept_of_a_token_without_sockets() {
        let (connections, token) = (Connections::default(), TokenId::from_uuid(Uuid::nil()));
        drop(connections.open(token.as_uuid(), 1));
        assert!(connections.lock().is_empty());
    }

    #[test]
    fn a_place_is_given_up_when_it_is_dropped() {
        let connections = Connections::default();
        let place = connections.place();
        assert_eq!(connections.total(), 1);
        drop(place);
        assert_eq!(connections.total(), 0);
    }
}
