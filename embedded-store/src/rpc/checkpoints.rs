//! Checkpoints: how a filtered subscription says how far it has looked, matches or not.
//!
//! The log is looked at in windows. While catching up, a checkpoint follows the window that completes
//! the interval: the window's last match, or else its first event, as a genuine server has it. Live, it
//! is the event that completes the interval. Checkpoints neither repeat nor go backwards.

use super::read_request::Window;
use crate::log::event::Position;

/// Counts what was looked at.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    window: u64,
    interval: u64,
    /// Events looked at since the last checkpoint, in complete windows or live.
    counted: u64,
    /// The window being looked at: its events so far, its first, its last match.
    looked_at: u64,
    first: Position,
    matched: Option<Position>,
    /// The last event looked at, if there was any.
    last: Option<Position>,
    /// The last checkpoint, and whether nothing was delivered since.
    sent: Position,
    fresh: bool,
}

impl Checkpoints {
    pub(crate) fn new(window: Window) -> Self {
        Self {
            window: u64::from(window.size),
            interval: u64::from(window.size) * u64::from(window.multiplier),
            counted: 0,
            looked_at: 0,
            first: 0,
            matched: None,
            last: None,
            sent: 0,
            fresh: false,
        }
    }

    /// Catching up, an event was looked at; says which checkpoint is due after it.
    pub(crate) fn catching_up(&mut self, position: Position, matches: bool) -> Option<Position> {
        self.look(position, matches);
        if self.looked_at == 0 {
            self.first = position;
        }
        self.looked_at += 1;
        if matches {
            self.matched = Some(position);
        }
        if self.looked_at < self.window {
            return None;
        }
        self.counted += self.looked_at;
        self.looked_at = 0;
        let place = self.matched.take().unwrap_or(self.first);
        self.due(place)
    }

    /// The log's end is reached; a checkpoint stands right before the message that says so, unless
    /// nothing was looked at.
    pub(crate) fn caught_up(&mut self) -> Option<Position> {
        self.counted += self.looked_at;
        self.looked_at = 0;
        self.matched = None;
        if self.fresh {
            return None;
        }
        let place = self.last?;
        self.send(place)
    }

    /// Live, an event was looked at; says which checkpoint is due after it.
    pub(crate) fn live(&mut self, position: Position, matches: bool) -> Option<Position> {
        self.look(position, matches);
        self.counted += 1;
        self.due(position)
    }

    fn look(&mut self, position: Position, matches: bool) {
        self.last = Some(position);
        self.fresh &= !matches;
    }

    fn due(&mut self, place: Position) -> Option<Position> {
        if self.counted >= self.interval { self.send(place) } else { None }
    }

    fn send(&mut self, place: Position) -> Option<Position> {
        self.counted = 0;
        self.fresh = true;
        if place <= self.sent {
            return None;
        }
        self.sent = place;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpoints, Window};

    fn every(size: u32, multiplier: u32) -> Checkpoints {
        Checkpoints::new(Window { size, multiplier })
    }

    #[test]
    fn catching_up_a_checkpoint_follows_each_interval_of_windows() {
        let mut checkpoints = every(10, 2);
        let sent: Vec<_> = (1..=60).filter_map(|p| checkpoints.catching_up(p, false)).collect();
        assert_eq!(sent, [11, 31, 51]);
    }

    #[test]
    fn the_last_match_of_a_window_is_its_checkpoint() {
        let mut checkpoints = every(10, 1);
        let sent: Vec<_> = (1..=10).filter_map(|p| checkpoints.catching_up(p, p == 7)).collect();
        assert_eq!(sent, [7]);
    }

    #[test]
    fn one_stands_before_caught_up_unless_it_was_just_sent_or_nothing_was_looked_at() {
        assert_eq!(every(10, 1).caught_up(), None);
        let mut some = every(10, 1);
        for position in 1..=3 {
            some.catching_up(position, false);
        }
        assert_eq!(some.caught_up(), Some(3));
        let mut just = every(10, 1);
        for position in 1..=12 {
            just.catching_up(position, false);
        }
        assert_eq!(just.caught_up(), None);
    }

    #[test]
    fn live_every_intervals_last_event_is_one() {
        let mut checkpoints = every(10, 3);
        let sent: Vec<_> = (1..=65).filter_map(|p| checkpoints.live(p, p % 7 == 0)).collect();
        assert_eq!(sent, [30, 60]);
    }
}
