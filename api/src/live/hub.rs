//! Hub: who on this node wants to hear of what, by stream and by tenant.
//!
//! An event costs what its own listeners cost: ten thousand sockets of other workspaces are not
//! woken. Everything happens under one lock, so a listener knows exactly which position it joined
//! after: all events up to there went out before, all later ones reach it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::id::WorkspaceId;
use store::Position;

use super::{
    Bell, Message,
    queue::{Entry, Queue},
};

/// What a listener may listen to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The events of one stream, by its name.
    Stream(String),
    /// The events of one workspace, whatever their stream.
    Tenant(WorkspaceId),
}

/// Chooses among the events of the keys listened to.
pub(super) type Choice = Box<dyn Fn(&Message) -> bool + Send + Sync>;

pub(super) struct Hub {
    inner: Mutex<Inner>,
}

struct Inner {
    dispatched: Position,
    streams: HashMap<String, Vec<Listener>>,
    tenants: HashMap<WorkspaceId, Vec<Listener>>,
}

#[derive(Clone)]
enum Listener {
    Queue(Arc<Queue>, Arc<Choice>),
    Bell(Arc<Bell>),
}

impl Listener {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Queue(one, _), Self::Queue(two, _)) => Arc::ptr_eq(one, two),
            (Self::Bell(one), Self::Bell(two)) => Arc::ptr_eq(one, two),
            (Self::Queue(..), Self::Bell(_)) | (Self::Bell(_), Self::Queue(..)) => false,
        }
    }
}

/// A place among the listeners of a key; given up when dropped.
pub struct Registration {
    hub: Arc<Hub>,
    key: Key,
    listener: Listener,
}

impl Hub {
    pub(super) fn new(dispatched: Position) -> Self {
        let (streams, tenants) = (HashMap::new(), HashMap::new());
        Self { inner: Mutex::new(Inner { dispatched, streams, tenants }) }
    }

    /// Hands `message` to its listeners, and only to them.
    pub(super) fn dispatch(&self, message: &Arc<Message>) {
        let mut inner = self.lock();
        let stream = inner.streams.get(&message.event.stream);
        let tenant = message.event.metadata.workspace_id.and_then(|id| inner.tenants.get(&id));
        for listener in [stream, tenant].into_iter().flatten().flatten() {
            match listener {
                Listener::Queue(queue, wanted) if wanted(message) => {
                    queue.push(&Entry::Message(Arc::clone(message)));
                }
                Listener::Queue(..) => {}
                Listener::Bell(bell) => bell.ring(),
            }
        }
        inner.dispatched = inner.dispatched.max(message.event.position);
    }

    /// Tells of an event of `stream` that can not be read: whoever depends on the stream, and every
    /// subscriber, since nobody can say whom it concerns.
    pub(super) fn alarm(&self, stream: &str, position: Position) {
        let mut inner = self.lock();
        let dependent = inner.streams.get(stream).into_iter().flatten();
        for listener in dependent.chain(inner.tenants.values().flatten()) {
            match listener {
                Listener::Queue(queue, _) => queue.push(&Entry::Unreadable(position)),
                Listener::Bell(bell) => bell.ring(),
            }
        }
        inner.dispatched = inner.dispatched.max(position);
    }

    /// Every event up to here has been handed to its listeners.
    pub(super) fn dispatched(&self) -> Position {
        self.lock().dispatched
    }

    /// Notes that nothing more will come up to `position`.
    pub(super) fn pass(&self, position: Position) {
        let mut inner = self.lock();
        inner.dispatched = inner.dispatched.max(position);
    }

    /// Lets `queue` have the chosen events of `key` from now on; returns the position after which
    /// that is.
    pub(super) fn join(
        self: &Arc<Self>,
        key: Key,
        queue: &Arc<Queue>,
        choice: &Arc<Choice>,
    ) -> (Registration, Position) {
        self.register(key, Listener::Queue(Arc::clone(queue), Arc::clone(choice)))
    }

    /// Lets `bell` ring at every event of `key` from now on.
    pub(super) fn hang(self: &Arc<Self>, key: Key, bell: &Arc<Bell>) -> Registration {
        self.register(key, Listener::Bell(Arc::clone(bell))).0
    }

    fn register(self: &Arc<Self>, key: Key, listener: Listener) -> (Registration, Position) {
        let mut inner = self.lock();
        let listeners = match &key {
            Key::Stream(name) => inner.streams.entry(name.clone()).or_default(),
            Key::Tenant(id) => inner.tenants.entry(*id).or_default(),
        };
        listeners.push(listener.clone());
        (Registration { hub: Arc::clone(self), key, listener }, inner.dispatched)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut inner = self.hub.lock();
        match &self.key {
            Key::Stream(name) => leave(&mut inner.streams, name, &self.listener),
            Key::Tenant(id) => leave(&mut inner.tenants, id, &self.listener),
        }
    }
}

fn leave<K: Eq + Hash>(keys: &mut HashMap<K, Vec<Listener>>, key: &K, leaving: &Listener) {
    let Some(listeners) = keys.get_mut(key) else { return };
    if let Some(place) = listeners.iter().position(|listener| listener.is(leaving)) {
        listeners.swap_remove(place);
    }
    if listeners.is_empty() {
        keys.remove(key);
    }
}
