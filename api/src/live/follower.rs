//! Follower: the one reader of the log on this node, and the heartbeat that vouches for it.
//!
//! For each event it first brings the folds up to date, then hands the event out: whoever hears
//! of a change and asks again, asks about the state after it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use store::{Item, Log, Position};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;

use super::{Message, hub::Hub};
use crate::app::{folds::Folds, freshness::Freshness};

/// Events taken from the follower at a time.
const BATCH: usize = 512;
/// How often the log is asked for its head; well under a second, so that one slow answer does no
/// harm.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long a heartbeat waits for the follower before it looks for itself what is missing.
const PATIENCE: Duration = Duration::from_millis(250);
/// Events looked at at a time when looking for itself.
const GAP: usize = 64;
/// How long after a panic the follower is started again.
const RESTART: Duration = Duration::from_secs(1);

/// What the two tasks share.
#[derive(Clone)]
pub(super) struct Follower {
    pub(super) log: Log,
    pub(super) hub: Arc<Hub>,
    pub(super) folds: Folds,
    pub(super) freshness: Freshness,
    pub(super) reached: watch::Sender<Position>,
    pub(super) stop: CancellationToken,
}

impl Follower {
    /// Runs until stopped; a panic is reported and the log followed again from where it struck.
    pub(super) async fn supervise(self) {
        while !self.stop.is_cancelled() {
            if let Err(panic) = tokio::spawn(self.clone().follow()).await {
                tracing::error!(error = %panic, "the follower of the log panicked; starting it again");
                time::sleep(RESTART).await;
            }
        }
    }

    async fn follow(self) {
        let categories: Vec<_> = super::followed().collect();
        let mut events = self.log.follow(Some(self.hub.dispatched()), &categories);
        loop {
            let batch = tokio::select! {
                () = self.stop.cancelled() => return,
                batch = events.next_batch(BATCH) => batch,
            };
            for item in batch.events {
                self.hand_out(item);
            }
            self.hub.pass(batch.reached);
            self.reached.send_if_modified(|reached| {
                let moved = batch.reached > *reached;
                *reached = batch.reached.max(*reached);
                moved
            });
        }
    }

    fn hand_out(&self, item: Item) {
        match item {
            Item::Event(event) => {
                self.folds.follow(&event);
                let evidence = self.folds.evidence_at(&event);
                self.hub.dispatch(&Arc::new(Message::new(event, evidence)));
            }
            Item::Unreadable(event) => {
                tracing::error!(
                    stream = event.stream,
                    revision = event.revision,
                    event_type = event.event_type,
                    "an event can not be read; what depends on its stream is refused"
                );
                self.folds.forget_stream(&event.stream);
                self.hub.alarm(&event.stream);
            }
        }
    }

    /// Proves freshness again and again, until stopped.
    pub(super) async fn heartbeat(self) {
        let mut beat = time::interval(HEARTBEAT);
        beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            let asked = Instant::now();
            if self.has_everything().await {
                self.freshness.prove(asked);
            }
        }
    }

    /// Tells whether all that was in the log when this was called has been handed out.
    async fn has_everything(&self) -> bool {
        let head = match self.log.head().await {
            Ok(Some(head)) => head,
            Ok(None) => return true,
            Err(_) => return false, // The log's own supervisor reports it.
        };
        let mut reached = self.reached.subscribe();
        let passed = reached.wait_for(|reached| *reached >= head);
        if matches!(time::timeout(PATIENCE, passed).await, Ok(Ok(_))) {
            return true;
        }
        // The head may be an event that is not followed: see whether one that is lies before it.
        let mut from = *self.reached.borrow();
        loop {
            let Ok(page) = self.log.read_all(Some(from), false, GAP).await else { return false };
            if page.iter().any(|event| super::is_followed(event.category())) {
                return false;
            }
            match page.last() {
                Some(last) if page.len() == GAP => from = last.position,
                _ => return true,
            }
        }
    }
}
