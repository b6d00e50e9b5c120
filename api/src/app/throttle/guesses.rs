//! Guesses: wrong passwords in a row, and the waits that grow with them.
//!
//! After the fifth in a row its person's sign-ins wait 1 s, then 2 s, 4 s … 15 min. Attempts under
//! way count as wrong until they are judged: many at once try no more than as many in a row.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{Time, id::UserId};
use moka::sync::Cache;

/// Wrong passwords that cost nothing but the time to type them.
const FREE: u32 = 5;
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// How long a row of wrong passwords is remembered after the last of them.
const MEMORY: Duration = Duration::from_hours(24);

/// The rows of all people.
pub struct Guesses(Cache<UserId, Arc<Mutex<Row>>>);

#[derive(Debug, Default)]
struct Row {
    failures: u32,
    under_way: u32,
    locked_until: Option<Time>,
}

/// A password that is being judged.
#[derive(Debug)]
pub struct Attempt(Arc<Mutex<Row>>);

impl Guesses {
    pub fn new(people: u64) -> Self {
        Self(Cache::builder().max_capacity(people).time_to_idle(MEMORY).build())
    }

    /// Begins an attempt, or says how long to wait before the next.
    pub fn begin(&self, user: UserId, now: Time) -> Result<Attempt, Duration> {
        let row = self.0.get_with(user, Arc::default);
        let mut state = lock(&row);
        // A lock further off than the longest was set before the clock jumped back.
        let until = state.locked_until.map(|until| until.min(now + LONGEST));
        if let Some(until) = until.filter(|until| now < *until) {
            return Err((until - now).to_std().unwrap_or_default());
        }
        if state.under_way > 0 && state.failures + state.under_way >= FREE {
            return Err(Duration::from_secs(1));
        }
        state.under_way += 1;
        drop(state);
        Ok(Attempt(row))
    }
}

impl Attempt {
    /// The password was right: the row ends.
    pub fn succeeded(self) {
        let mut row = lock(&self.0);
        row.failures = 0;
        row.locked_until = None;
    }

    /// The password was wrong; returns until when sign-ins wait, where they do.
    pub fn failed(self, now: Time) -> Option<Time> {
        let mut row = lock(&self.0);
        row.failures = row.failures.saturating_add(1);
        let beyond = row.failures.checked_sub(FREE)?;
        let wait = TimeDelta::seconds(1 << beyond.min(20)).min(LONGEST);
        row.locked_until = Some(now + wait);
        row.locked_until
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut row = lock(&self.0);
        row.under_way = row.under_way.saturating_sub(1);
    }
}

fn lock(row: &Mutex<Row>) -> MutexGuard<'_, Row> {
    row.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    const ADA: UserId = UserId::from_uuid(Uuid::from_u128(1));

    fn at(seconds: i64) -> Time {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn fail(guesses: &Guesses, now: Time) -> Option<Time> {
        guesses.begin(ADA, now).unwrap().failed(now)
    }

    #[test]
    fn the_wait_doubles_from_the_fifth_wrong_password_on() {
        let guesses = Guesses::new(10);
        let mut now = at(0);
        for _ in 0..4 {
            assert_eq!(fail(&guesses, now), None);
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let until = fail(&guesses, now).unwrap();
            assert_eq!(until - now, TimeDelta::seconds(seconds));
            let wait = guesses.begin(ADA, now).unwrap_err();
            assert_eq!(wait.as_secs(), seconds.unsigned_abs());
            now = until;
        }
    }

    #[test]
    fn the_right_password_ends_the_row() {
        let guesses = Guesses::new(10);
        for _ in 0..4 {
            fail(&guesses, at(0));
        }
        guesses.begin(ADA, at(0)).unwrap().succeeded();
        assert_eq!(fail(&guesses, at(0)), None);
    }

    #[test]
    fn many_at_once_try_no_more_than_as_many_in_a_row() {
        let guesses = Guesses::new(10);
        let attempts: Vec<_> = (0..64).filter_map(|_| guesses.begin(ADA, at(0)).ok()).collect();
        assert_eq!(attempts.len(), 5);
        for attempt in attempts {
            attempt.failed(at(0));
        }
        assert!(guesses.begin(ADA, at(0)).is_err());
        let lone = guesses.begin(ADA, at(1)).unwrap();
        assert!(guesses.begin(ADA, at(1)).is_err());
        drop(lone);
        assert!(guesses.begin(ADA, at(1)).is_ok());
    }

    #[test]
    fn people_are_counted_apart() {
        let guesses = Guesses::new(10);
        for _ in 0..5 {
            fail(&guesses, at(0));
        }
        assert!(guesses.begin(UserId::from_uuid(Uuid::from_u128(2)), at(0)).is_ok());
    }
}
