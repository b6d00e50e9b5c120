//! Vigil: when to ask again whether a held credential still stands.
//!
//! Asked again when a stream it depends on has changed, at the moment it ends by itself, and now
//! and then besides, since a clock can be moved.

use std::{sync::Arc, time::Duration};

use domain::Time;
use tokio::time::{self, Instant};

use super::{Bell, Key, Live, Registration};
use crate::clock::Clock;

/// The longest time between two questions.
const ANYWAY: Duration = Duration::from_secs(5);
/// How soon to ask again after a question that could not be answered.
const RETRY: Duration = Duration::from_secs(1);

/// The watch over one held credential. New ones ask at once.
pub struct Vigil {
    bell: Arc<Bell>,
    registrations: Vec<Registration>,
    again_at: Instant,
}

impl Vigil {
    /// Watches the streams of `keys`.
    pub fn over(live: &Live, keys: impl IntoIterator<Item = Key>) -> Self {
        let bell = Arc::new(Bell::default());
        let registrations = keys.into_iter().map(|key| live.ring(&bell, key)).collect();
        Self { bell, registrations, again_at: Instant::now() }
    }

    /// Watches one more stream, and asks at once.
    pub fn add(&mut self, live: &Live, key: Key) {
        self.registrations.push(live.ring(&self.bell, key));
        self.again_at = Instant::now();
    }

    /// Tells whether to ask now.
    pub fn is_due(&self) -> bool {
        self.bell.has_rung() || self.again_at <= Instant::now()
    }

    /// Waits until it is time to ask.
    pub async fn due(&self) {
        tokio::select! {
            () = self.bell.rung() => {}
            () = time::sleep_until(self.again_at) => {}
        }
    }

    /// To be called before asking, so that a change during the question is not lost. It stays due
    /// until [`Self::rest`] or [`Self::retry`] says otherwise: whoever asks may be dropped half way.
    pub fn ask(&mut self) {
        self.again_at = Instant::now();
        self.bell.silence();
    }

    /// It stands, at least until `ends_at` or until something changes.
    pub fn rest(&mut self, clock: &Clock, ends_at: Option<Time>) {
        let left = ends_at.map_or(ANYWAY, |end| clock.until(end).min(ANYWAY));
        self.again_at = Instant::now() + left;
    }

    /// Nobody could say; the bell may have been silenced for nothing.
    pub fn retry(&mut self) {
        self.again_at = Instant::now() + RETRY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_due_until_it_is_answered() {
        let mut vigil = Vigil {
            bell: Arc::default(),
            registrations: vec![],
            again_at: Instant::now() + ANYWAY,
        };
        vigil.bell.ring();
        vigil.ask();
        assert!(vigil.is_due(), "whoever asked may have been dropped half way");
        vigil.rest(&Clock::default(), None);
        assert!(!vigil.is_due());
    }
}
