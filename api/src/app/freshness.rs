//! Freshness: whether what this node remembers may be believed.
//!
//! An idle follower and a hung one look the same, so "the last frame seen" proves nothing.
//! What proves it is a heartbeat: at least once a second the log is asked, under a deadline, for
//! its head, and the node's follower must have passed what came back. What was asked for at a
//! moment vouches for that moment and for [`Freshness::bound`] after it, no longer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A handle on the node's freshness; clones share it.
#[derive(Clone, Debug)]
pub struct Freshness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    born: Instant,
    bound: Duration,
    /// Microseconds after `born`, and one more; 0 while nothing is proven.
    proven: AtomicU64,
}

impl Freshness {
    /// How old a proof may be at most before nothing remembered is believed.
    pub const MAX_STALENESS: Duration = Duration::from_secs(5);

    pub fn new(bound: Duration) -> Self {
        Self(Arc::new(Inner { born: Instant::now(), bound, proven: AtomicU64::new(0) }))
    }

    /// How long a proof holds.
    pub fn bound(&self) -> Duration {
        self.0.bound
    }

    /// Tells whether what the follower keeps current may be used now.
    pub fn is_fresh(&self) -> bool {
        self.age().is_some_and(|age| age <= self.0.bound)
    }

    /// How long ago everything then in the log was known here; `None`: never yet.
    pub fn age(&self) -> Option<Duration> {
        let proven = self.0.proven.load(Ordering::Acquire).checked_sub(1)?;
        Some(self.0.born.elapsed().saturating_sub(Duration::from_micros(proven)))
    }

    /// Notes that everything in the log at `moment` has reached this node. Never goes back.
    pub(crate) fn prove(&self, moment: Instant) {
        let micros = moment.saturating_duration_since(self.0.born).as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX - 1);
        self.0.proven.fetch_max(micros + 1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_believed_before_the_first_proof() {
        let freshness = Freshness::new(Duration::MAX);
        assert!(!freshness.is_fresh() && freshness.age().is_none());
        freshness.prove(Instant::now());
        assert!(freshness.is_fresh());
    }

    #[test]
    fn a_proof_vouches_for_the_moment_it_was_asked_for_and_no_longer() {
        let freshness = Freshness::new(Duration::ZERO);
        let asked = Instant::now();
        while asked.elapsed().is_zero() {}
        freshness.prove(asked);
        assert!(!freshness.is_fresh());
    }

    #[test]
    fn an_older_proof_takes_nothing_back() {
        let freshness = Freshness::new(Duration::MAX);
        let (before, now) = (freshness.0.born, Instant::now());
        freshness.prove(now);
        let proven = freshness.0.proven.load(Ordering::Acquire);
        freshness.prove(before);
        assert_eq!(freshness.0.proven.load(Ordering::Acquire), proven);
    }
}
