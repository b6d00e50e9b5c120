//! Bell: rings when a stream that a held credential depends on has changed.
//!
//! It says that something happened, not what: whoever holds the bell asks again whether the
//! credential still stands. It is rung before any later event is handed to a subscriber, so one
//! who looks at the bell before each delivery delivers nothing from after a revocation.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Debug, Default)]
pub struct Bell {
    rung: AtomicBool,
    ring: Notify,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        self.ring.notify_one();
    }

    /// Tells whether it rang since it was last silenced.
    pub fn has_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    /// Silences the bell; to be called before asking again, so that a later ring is not lost.
    pub fn silence(&self) {
        self.rung.store(false, Ordering::Release);
    }

    /// Waits until it has rung.
    pub async fn rung(&self) {
        while !self.has_rung() {
            self.ring.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ring_is_heard_by_who_listens_later() {
        let bell = Bell::default();
        bell.ring();
        bell.rung().await;
        bell.silence();
        assert!(!bell.has_rung());
    }
}
