//! The readers of a group: who has room, and whose turn it is.

use super::{
    queue::{Item, Pick, ReaderId},
    settings::Strategy,
};
use crate::log::event::Recorded;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::mpsc;
use tonic::Status;

/// How many buckets pinned events are sorted into.
const BUCKETS: u64 = 1024;

/// What a reader receives.
pub(crate) type Delivery = Result<Item, Status>;

/// One connected reader.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) id: ReaderId,
    pub(crate) events: mpsc::Sender<Delivery>,
    /// How many events it may have at once.
    pub(crate) slots: usize,
    pub(crate) has: usize,
    pub(crate) received: i64,
}

/// Everyone who is connected.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    connected: Vec<Reader>,
    /// Where round robin goes on.
    turn: usize,
    next_id: ReaderId,
}

impl Readers {
    pub(crate) fn connect(&mut self, events: mpsc::Sender<Delivery>, slots: usize) -> ReaderId {
        let id = self.next_id;
        self.next_id += 1;
        self.connected.push(Reader { id, events, slots, has: 0, received: 0 });
        id
    }

    pub(crate) fn disconnect(&mut self, id: ReaderId) {
        self.connected.retain(|reader| reader.id != id);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Reader> {
        self.connected.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.connected.len()
    }

    /// A reader has answered for an event.
    pub(crate) fn answered(&mut self, id: ReaderId) {
        if let Some(reader) = self.connected.iter_mut().find(|reader| reader.id == id) {
            reader.has = reader.has.saturating_sub(1);
        }
    }

    /// Chooses who gets an event, and counts it to them.
    pub(crate) fn pick(&mut self, strategy: Strategy, item: &Item) -> Pick {
        let count = self.connected.len();
        let chosen = match strategy {
            Strategy::RoundRobin => {
                (0..count).map(|step| (self.turn + step) % count).find(|at| self.has_room(*at))
            }
            Strategy::DispatchToSingle => (0..count).find(|at| self.has_room(*at)),
            Strategy::Pinned | Strategy::PinnedByCorrelation => {
                let Some(at) = self.pinned(strategy, item) else { return Pick::Stop };
                if !self.has_room(at) {
                    return Pick::Next;
                }
                Some(at)
            }
        };
        let Some(at) = chosen else { return Pick::Stop };
        self.turn = at + 1;
        let reader = &mut self.connected[at];
        reader.has += 1;
        reader.received += 1;
        Pick::Reader(reader.id)
    }

    fn has_room(&self, at: usize) -> bool {
        self.connected[at].has < self.connected[at].slots
    }

    /// The reader of an event's bucket; when readers come or go, only theirs move.
    fn pinned(&self, strategy: Strategy, item: &Item) -> Option<usize> {
        let event = item.resolved.event.as_ref().or(item.resolved.link.as_ref())?;
        let bucket = match strategy {
            Strategy::PinnedByCorrelation => hash(&correlation(event)),
            _ => hash(&event.stream),
        } % BUCKETS;
        let weight = |at: &usize| hash(&(bucket, self.connected[*at].id));
        (0..self.connected.len()).max_by_key(weight)
    }
}

/// The event's correlation id, or its stream if it has none.
fn correlation(event: &Recorded) -> String {
    let metadata: Option<Value> = serde_json::from_slice(&event.metadata).ok();
    let id = metadata.as_ref().and_then(|fields| fields.get("$correlationId")?.as_str());
    id.unwrap_or(event.stream.as_str()).to_owned()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
