//! Agenda: what a reactor still has to do, as the log says it.
//!
//! Events put tasks on it and other events take them off, on every node alike; so whichever node
//! acts, all see the task done. A task is due at a time, and is tried again, ever later, while it
//! fails. The agenda also knows how far back a restart must read to find all its tasks again.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use chrono::TimeDelta;
use domain::Time;
use store::Position;
use uuid::Uuid;

/// The event on account of which something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    pub event_id: Uuid,
    pub correlation_id: Uuid,
    pub position: Position,
    /// The end of the event before it: whoever reads on from here meets the cause again.
    pub before: Option<Position>,
}

/// One task and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub cause: Cause,
    pub due: Time,
    /// How often it has failed.
    pub failures: u32,
}

/// Tasks, the next due first.
#[derive(Debug)]
pub struct Agenda<T> {
    entries: HashMap<T, Entry>,
    by_due: BTreeSet<(Time, T)>,
    by_cause: BTreeSet<(Option<Position>, T)>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), by_due: BTreeSet::new(), by_cause: BTreeSet::new() }
    }
}

impl<T: Copy + Ord + Hash> Agenda<T> {
    /// A task that failed this often is stuck: someone should look at it.
    pub const STUCK: u32 = 5;
    const FIRST_DELAY: TimeDelta = TimeDelta::seconds(1);
    const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(5);

    /// Puts a task on the agenda; one that is there already keeps its cause and its time.
    pub fn add(&mut self, task: T, due: Time, cause: Cause) {
        if !self.entries.contains_key(&task) {
            self.put(task, Entry { cause, due, failures: 0 });
        }
    }

    /// Takes a task off: it is done, or not needed any more.
    pub fn settle(&mut self, task: T) {
        if let Some(entry) = self.entries.remove(&task) {
            self.by_due.remove(&(entry.due, task));
            self.by_cause.remove(&(entry.cause.before, task));
        }
    }

    /// Tries a task again later: after 1 s, 2 s, 4 s … 5 min.
    pub fn failed(&mut self, task: T, now: Time) {
        let Some(mut entry) = self.entries.get(&task).copied() else { return };
        let delay = Self::FIRST_DELAY * 2_i32.saturating_pow(entry.failures.min(10));
        self.settle(task);
        entry.due = now + delay.min(Self::LONGEST_DELAY);
        entry.failures += 1;
        self.put(task, entry);
    }

    /// Returns the task that is due for the longest, if any is.
    pub fn due(&self, now: Time) -> Option<(T, Entry)> {
        let (due, task) = *self.by_due.first()?;
        (due <= now).then(|| (task, self.entries[&task]))
    }

    /// When the next task is due.
    pub fn next_due(&self) -> Option<Time> {
        self.by_due.first().map(|(due, _)| *due)
    }

    /// From where a restart must read to find every task again, given that everything up to
    /// `reached` was noted.
    pub fn low_water(&self, reached: Option<Position>) -> Option<Position> {
        self.by_cause.first().map_or(reached, |(before, _)| *before)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many tasks have failed too often.
    pub fn stuck(&self) -> usize {
        self.entries.values().filter(|entry| entry.failures >= Self::STUCK).count()
    }

    fn put(&mut self, task: T, entry: Entry) {
        self.by_due.insert((entry.due, task));
        self.by_cause.insert((entry.cause.before, task));
        self.entries.insert(task, entry);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(second: i64) -> Time {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn cause(before: Option<u64>) -> Cause {
        let position = Position::from_u64(before.map_or(0, |before| before + 1));
        let before = before.map(Position::from_u64);
        Cause { event_id: Uuid::nil(), correlation_id: Uuid::nil(), position, before }
    }

    #[test]
    fn the_task_that_is_due_for_the_longest_comes_first() {
        let mut agenda = Agenda::default();
        agenda.add("later", at(20), cause(None));
        agenda.add("sooner", at(10), cause(None));
        assert_eq!(agenda.due(at(9)), None);
        assert_eq!(agenda.next_due(), Some(at(10)));
        assert_eq!(agenda.due(at(30)).unwrap().0, "sooner");
        agenda.settle("sooner");
        assert_eq!(agenda.due(at(30)).unwrap().0, "later");
    }

    #[test]
    fn a_task_that_is_asked_for_twice_is_one_task() {
        let mut agenda = Agenda::default();
        agenda.add("once", at(10), cause(Some(1)));
        agenda.add("once", at(5), cause(Some(2)));
        assert_eq!((agenda.len(), agenda.next_due()), (1, Some(at(10))));
        agenda.settle("once");
        assert!(agenda.is_empty() && agenda.next_due().is_none());
    }

    #[test]
    fn a_restart_reads_from_before_the_oldest_cause_that_is_left() {
        let mut agenda = Agenda::default();
        let reached = Some(Position::from_u64(90));
        assert_eq!(agenda.low_water(reached), reached);
        agenda.add("old", at(50), cause(Some(10)));
        agenda.add("new", at(10), cause(Some(20)));
        assert_eq!(agenda.low_water(reached), Some(Position::from_u64(10)));
        agenda.settle("old");
        assert_eq!(agenda.low_water(reached), Some(Position::from_u64(20)));
        agenda.settle("new");
        assert_eq!(agenda.low_water(reached), reached);
    }

    #[test]
    fn the_first_event_of_all_is_met_again_from_the_beginning() {
        let mut agenda = Agenda::default();
        agenda.add("first", at(1), cause(None));
        assert_eq!(agenda.low_water(Some(Position::from_u64(90))), None);
    }

    #[test]
    fn a_task_that_fails_is_tried_ever_later_and_counts_as_stuck() {
        let mut agenda = Agenda::default();
        agenda.add("stubborn", at(0), cause(None));
        let mut waits = Vec::new();
        for _ in 0..12 {
            agenda.failed("stubborn", at(100));
            waits.push((agenda.next_due().unwrap() - at(100)).num_seconds());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!((agenda.len(), agenda.stuck()), (1, 1));
    }
}
