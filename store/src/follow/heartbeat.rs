//! Heartbeat: what the head of the log says about a follower.
//!
//! An idle log and a log that hangs look the same to a subscription. So the head
//! is read twice a second; and where it is ahead while the subscription is
//! quiet, what lies between is looked at: either nothing of it is ours, then the
//! follower's position moves on, or the subscription has missed something.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use tokio::time::sleep_until;

use crate::{
    Log, Position,
    page::{self, Direction},
};

const EVERY: Duration = Duration::from_millis(500);
/// How many events are looked at in one beat.
const LOOK: usize = 500;

/// What one beat found.
pub(super) struct Beat {
    pub(super) asked: Instant,
    /// Where the log ended then.
    pub(super) head: Position,
    /// No event up to here is ours.
    pub(super) clear_to: Option<Position>,
    /// An event of ours lies there that the subscription has not brought.
    pub(super) missing: bool,
}

pub(super) struct Heartbeat {
    log: Log,
    prefixes: Arc<[String]>,
    due: Instant,
    /// Kept between polls, so that nothing is lost when a wait is dropped.
    running: Option<BoxFuture<'static, Option<Beat>>>,
}

impl Heartbeat {
    pub(super) fn new(log: Log, prefixes: Arc<[String]>) -> Self {
        Self { log, prefixes, due: Instant::now(), running: None }
    }

    /// Waits for the next beat; `None`: the log did not answer.
    ///
    /// `quiet` asks to look at what lies between `received` and the head.
    pub(super) async fn next(&mut self, received: Option<Position>, quiet: bool) -> Option<Beat> {
        if self.running.is_none() {
            sleep_until(self.due.into()).await;
        }
        let beat = self
            .running
            .get_or_insert_with(|| {
                let (log, prefixes) = (self.log.clone(), Arc::clone(&self.prefixes));
                Box::pin(beat(log, prefixes, received, quiet))
            })
            .await;
        self.running = None;
        self.due = Instant::now() + EVERY;
        beat
    }
}

async fn beat(
    log: Log,
    prefixes: Arc<[String]>,
    received: Option<Position>,
    quiet: bool,
) -> Option<Beat> {
    let asked = Instant::now();
    let head = log.head().await.ok()?.unwrap_or(Position::START);
    let mut beat = Beat { asked, head, clear_to: None, missing: false };
    if !quiet || received.unwrap_or(Position::START) >= head {
        return Some(beat);
    }
    let end = log.connection().deadline();
    let between = page::of_all(log.connection(), end, received, Direction::Forwards, LOOK);
    for event in between.await.ok()? {
        let position = Position::from(event.position);
        if received.is_some_and(|received| position <= received) {
            continue;
        }
        if prefixes.iter().any(|prefix| event.stream_id.starts_with(prefix)) {
            beat.missing = true;
            break;
        }
        beat.clear_to = Some(position);
    }
    Some(beat)
}
