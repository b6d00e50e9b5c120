//! Status: how a follower is doing, for whoever wants to know.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Position, connection::Moment};

/// A handle that may be kept elsewhere; it stays true as long as the follower is read.
#[derive(Clone, Debug)]
pub struct FollowerStatus(Arc<State>);

#[derive(Debug)]
struct State {
    reached: AtomicU64,
    connected: AtomicBool,
    frame: Moment,
    confirmed: Moment,
}

impl FollowerStatus {
    pub(super) fn new(after: Option<Position>) -> Self {
        Self(Arc::new(State {
            reached: AtomicU64::new(after.unwrap_or(Position::START).as_u64()),
            connected: AtomicBool::new(false),
            frame: Moment::never(),
            confirmed: Moment::never(),
        }))
    }

    /// The position handed out last; [`Position::START`] before any.
    pub fn reached(&self) -> Position {
        Position::from_u64(self.0.reached.load(Ordering::Acquire))
    }

    /// Whether the log has confirmed the subscription, and not ended it since.
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(Ordering::Acquire)
    }

    /// How long ago a frame came; `None`: none ever.
    ///
    /// Says nothing of freshness: an idle log sends none, nor does one that hangs.
    pub fn since_last_frame(&self) -> Option<Duration> {
        self.0.frame.elapsed()
    }

    /// The age of what the reader knows: everything that was in the log so long ago has been
    /// handed out, and the reader has come back for more. `None`: not since the start.
    ///
    /// Found out by reading the log's head twice a second, so it stays below a second while the
    /// log answers and the reader keeps up.
    pub fn confirmed(&self) -> Option<Duration> {
        self.0.confirmed.elapsed()
    }

    pub(super) fn reach(&self, position: Position) {
        self.0.reached.fetch_max(position.as_u64(), Ordering::AcqRel);
    }

    pub(super) fn connect(&self, connected: bool) {
        self.0.connected.store(connected, Ordering::Release);
    }

    pub(super) fn frame(&self) {
        self.0.frame.touch();
    }

    pub(super) fn confirm(&self, asked: Instant) {
        self.0.confirmed.advance_to(asked);
    }
}
