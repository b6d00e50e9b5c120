//! Moment: when something last happened, for many to read and few to write.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// A monotonic instant that can be shared; starts as never.
#[derive(Debug)]
pub(crate) struct Moment {
    origin: Instant,
    /// Microseconds since the origin and one more; 0 is never.
    stamp: AtomicU64,
}

impl Moment {
    pub(crate) fn never() -> Self {
        Self { origin: Instant::now(), stamp: AtomicU64::new(0) }
    }

    /// Never moves back, whoever comes late.
    pub(crate) fn advance_to(&self, instant: Instant) {
        let since = instant.saturating_duration_since(self.origin).as_micros();
        let stamp = u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1);
        self.stamp.fetch_max(stamp, Ordering::AcqRel);
    }

    pub(crate) fn touch(&self) {
        self.advance_to(Instant::now());
    }

    /// `None`: never.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        let micros = self.stamp.load(Ordering::Acquire).checked_sub(1)?;
        Some(self.origin.elapsed().saturating_sub(Duration::from_micros(micros)))
    }
}
