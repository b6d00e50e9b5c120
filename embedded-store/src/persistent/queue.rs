//! A group's events: waiting, with a reader, to be tried again; and how far all of them are done.
//!
//! Pure: knows neither the log nor the readers, and is told the time.

use crate::log::links::Resolved;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// What names a reader.
pub(crate) type ReaderId = u64;

/// An event on its way to a reader.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) resolved: Resolved,
    /// How often it was delivered in vain.
    pub(crate) retries: i32,
    /// Its turn in the source; a replayed event has none.
    turn: Option<u64>,
}

impl Item {
    /// By which readers answer: the id of the link, where there is one.
    pub(crate) fn id(&self) -> Option<Uuid> {
        self.resolved.original().map(|event| event.id)
    }
}

#[derive(Debug)]
struct Delivered {
    item: Item,
    reader: ReaderId,
    at: Instant,
}

/// The events of a group.
#[derive(Debug)]
pub(crate) struct Queue {
    again: VecDeque<Item>,
    waiting: VecDeque<Item>,
    delivered: HashMap<Uuid, Delivered>,
    /// Events that are not done, by turn, each with the place before it.
    open: BTreeMap<u64, i64>,
    next_turn: u64,
    /// The place of the last event that came.
    last: Option<i64>,
}

impl Queue {
    /// An empty queue of a group that goes on after `place`, if it has one.
    pub(crate) fn new(place: Option<i64>) -> Self {
        Self {
            again: VecDeque::new(),
            waiting: VecDeque::new(),
            delivered: HashMap::new(),
            open: BTreeMap::new(),
            next_turn: 0,
            last: place,
        }
    }

    /// An event of the source.
    pub(crate) fn push(&mut self, resolved: Resolved, place: i64) {
        let turn = self.next_turn;
        self.next_turn += 1;
        self.open.insert(turn, self.last.unwrap_or(-1));
        self.last = Some(place);
        self.waiting.push_back(Item { resolved, retries: 0, turn: Some(turn) });
    }

    /// The source was looked at up to here, and there was nothing more for the group.
    pub(crate) fn skip_to(&mut self, place: i64) {
        self.last = self.last.max(Some(place));
    }

    /// A parked event, to be tried again.
    pub(crate) fn replay(&mut self, resolved: Resolved) {
        self.again.push_back(Item { resolved, retries: 0, turn: None });
    }

    /// Hands out events, those to be tried again first, as long as `pick` finds a reader; it says
    /// whether to look further when it finds none.
    pub(crate) fn hand_out(
        &mut self,
        now: Instant,
        mut pick: impl FnMut(&Item) -> Pick,
    ) -> Vec<(ReaderId, Item)> {
        let mut out = Vec::new();
        for again in [true, false] {
            let line = if again { &mut self.again } else { &mut self.waiting };
            let mut kept = VecDeque::new();
            while let Some(item) = line.pop_front() {
                // Two events with one id cannot be told apart by their answers: one at a time.
                let free = item.id().filter(|id| !self.delivered.contains_key(id));
                match (free, free.map_or(Pick::Next, |_| pick(&item))) {
                    (Some(id), Pick::Reader(reader)) => {
                        out.push((reader, item.clone()));
                        self.delivered.insert(id, Delivered { item, reader, at: now });
                    }
                    (_, Pick::Stop) => {
                        kept.push_back(item);
                        break;
                    }
                    (_, Pick::Next | Pick::Reader(_)) => kept.push_back(item),
                }
            }
            kept.append(line);
            *line = kept;
        }
        out
    }

    /// A reader has done with an event, or it is parked.
    pub(crate) fn done(&mut self, id: Uuid) -> Option<(ReaderId, Item)> {
        let Delivered { item, reader, .. } = self.delivered.remove(&id)?;
        self.close(&item);
        Some((reader, item))
    }

    /// An event comes back from its reader; it is still open.
    pub(crate) fn take_back(&mut self, id: Uuid) -> Option<(ReaderId, Item)> {
        let Delivered { item, reader, .. } = self.delivered.remove(&id)?;
        Some((reader, item))
    }

    /// An event is tried again after those that already wait for it.
    pub(crate) fn try_again(&mut self, mut item: Item) {
        item.retries += 1;
        self.again.push_back(item);
    }

    /// An event that came back is done.
    pub(crate) fn close(&mut self, item: &Item) {
        if let Some(turn) = item.turn {
            self.open.remove(&turn);
        }
    }

    /// What a reader had when it went, in the order of the source.
    pub(crate) fn of_reader(&self, reader: ReaderId) -> Vec<Uuid> {
        self.delivered_where(|delivered| delivered.reader == reader)
    }

    /// What was delivered too long ago, in the order of the source.
    pub(crate) fn overdue(&self, now: Instant, timeout: Duration) -> Vec<Uuid> {
        self.delivered_where(|delivered| now.duration_since(delivered.at) >= timeout)
    }

    fn delivered_where(&self, wanted: impl Fn(&Delivered) -> bool) -> Vec<Uuid> {
        let mut found: Vec<_> = self
            .delivered
            .iter()
            .filter(|(_, delivered)| wanted(delivered))
            .map(|(id, delivered)| (delivered.item.turn, *id))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Everything up to here is done.
    pub(crate) fn checkpoint(&self) -> Option<i64> {
        let before = self.open.values().next().copied();
        before.or(self.last).filter(|place| *place >= 0)
    }

    pub(crate) fn last_place(&self) -> Option<i64> {
        self.last.filter(|place| *place >= 0)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn again(&self) -> usize {
        self.again.len()
    }

    pub(crate) fn delivered(&self) -> usize {
        self.delivered.len()
    }
}

/// Who gets an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    Reader(ReaderId),
    /// Nobody now; others may have their reader.
    Next,
    /// Nobody has room.
    Stop,
}
