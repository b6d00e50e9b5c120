//! Freshness: whether what this node remembers may be believed.
//!
//! An idle follower and a hung one look the same, so "the last frame seen" proves nothing. What
//! proves it is the follower's heartbeat: the log is asked, under a deadline, for its head, and
//! the follower must have dealt with all up to what came back. That vouches for the moment the
//! head was asked for, and for [`Freshness::bound`] after it, no longer.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use store::FollowerStatus;

/// A handle on the node's freshness; clones share it.
#[derive(Clone, Debug)]
pub struct Freshness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bound: Duration,
    follower: ArcSwapOption<FollowerStatus>,
}

impl Freshness {
    /// How old a proof may be at most before nothing remembered is believed.
    pub const MAX_STALENESS: Duration = Duration::from_secs(5);

    /// Nothing is fresh until a follower vouches for it.
    pub fn new(bound: Duration) -> Self {
        Self(Arc::new(Inner { bound, follower: ArcSwapOption::empty() }))
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
        self.0.follower.load().as_ref()?.confirmed()
    }

    /// From now on this follower vouches for what is remembered.
    pub(crate) fn follow(&self, follower: FollowerStatus) {
        self.0.follower.store(Some(Arc::new(follower)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_believed_before_the_first_proof() {
        let freshness = Freshness::new(Duration::MAX);
        assert!(!freshness.is_fresh() && freshness.age().is_none());
    }
}
