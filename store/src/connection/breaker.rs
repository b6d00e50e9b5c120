//! Breaker: when the log has failed again and again, callers hear so at once.
//!
//! Open after five operations in a row ran out of time; then one operation a
//! second is let through to find out whether the log is back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const FAILURES: u32 = 5;
const PROBE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    next_probe: Option<Instant>,
}

impl Breaker {
    /// Whether an operation may be tried now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        if state.failures < FAILURES {
            return true;
        }
        if state.next_probe.is_some_and(|due| now < due) {
            return false;
        }
        state.next_probe = Some(now + PROBE_EVERY);
        true
    }

    pub(crate) fn answered(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.next_probe = Some(now + PROBE_EVERY);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; two numbers are never half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_five_failures_and_lets_one_a_second_through() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            assert!(breaker.admits(now));
            breaker.failed(now);
        }
        assert!(!breaker.admits(now));
        assert!(breaker.admits(now + PROBE_EVERY));
        assert!(!breaker.admits(now + PROBE_EVERY));
        breaker.answered();
        assert!(breaker.admits(now + PROBE_EVERY));
    }
}
