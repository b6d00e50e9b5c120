//! Backoff: how long to wait before the next try; doubling, capped, and never in step with others.

use std::time::Duration;

use crate::random;

/// The waits between the tries of one thing.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// Returns the next wait: between half of it and the whole, at random.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        jittered(wait)
    }
}

/// Returns something between half of `wait` and all of it.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let [dice] = *random::bytes::<1>().expose();
    wait.mul_f64(0.5 + f64::from(dice) / 510.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(30));
        for whole in [10, 20, 30, 30] {
            let (wait, whole) = (backoff.next(), Duration::from_millis(whole));
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        }
    }
}
