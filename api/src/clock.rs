//! Clock: the one source of time of a node.
//!
//! Everything that depends on the time asks this clock, so that a test (or an operator who
//! rehearses a bad day) can move it without touching the machine's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Time;

/// The machine's clock, moved by an offset that is zero unless somebody moved it; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Returns the time as the log keeps it: UTC, whole milliseconds.
    pub fn now(&self) -> Time {
        let ms = machine_ms().saturating_add(self.offset_ms.load(Ordering::Relaxed));
        DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Returns how long it is until `time`; zero where it has passed.
    pub fn until(&self, time: Time) -> Duration {
        (time - self.now()).to_std().unwrap_or_default()
    }

    /// Moves the clock, forward or back, for everyone who shares it.
    pub fn shift(&self, by: TimeDelta) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock that everybody else is handed")]
fn machine_ms() -> i64 {
    Utc::now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_has_whole_milliseconds() {
        assert_eq!(Clock::default().now().timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn moving_the_clock_moves_it_for_everyone_who_shares_it() {
        let (clock, before) = (Clock::default(), Clock::default().now());
        clock.clone().shift(TimeDelta::days(1));
        assert!(clock.now() - before >= TimeDelta::days(1));
        assert_eq!(clock.until(before), Duration::ZERO);
    }
}
