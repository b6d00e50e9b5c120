//! Follower: the one reader of the log on this node.
//!
//! For each event it first brings the folds up to date, then hands the event out: whoever hears
//! of a change and asks again, asks about the state after it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use store::{Item, Log, Position};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;

use super::{Message, hub::Hub};
use crate::{
    app::{folds::Folds, freshness::Freshness},
    clock::Clock,
};

/// Events taken from the follower at a time.
const BATCH: usize = 512;
/// How long after a panic the follower is started again.
const RESTART: Duration = Duration::from_secs(1);

/// What the reader needs, also to be started again.
#[derive(Clone)]
pub(super) struct Follower {
    pub(super) log: Log,
    pub(super) hub: Arc<Hub>,
    pub(super) folds: Folds,
    pub(super) freshness: Freshness,
    pub(super) clock: Clock,
    pub(super) reached: watch::Sender<Position>,
    pub(super) position: Arc<AtomicU64>,
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
        self.freshness.follow(events.status());
        loop {
            let batch = tokio::select! {
                () = self.stop.cancelled() => return,
                batch = events.next_batch(BATCH) => batch,
            };
            for item in batch.events {
                self.hand_out(item);
            }
            self.hub.pass(batch.reached);
            // Before those who wait for it are woken.
            self.position.fetch_max(batch.reached.as_u64(), Ordering::AcqRel);
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
                let message = Arc::new(Message::new(event, evidence));
                self.hub.dispatch(&message);
                if message.revocation().is_some() {
                    self.measure(&message);
                }
            }
            Item::Unreadable(event) => {
                tracing::error!(
                    stream = event.stream,
                    revision = event.revision,
                    event_type = event.event_type,
                    "an event can not be read; what depends on its stream is refused"
                );
                self.folds.forget_stream(&event.stream);
                self.hub.alarm(&event.stream, event.position);
            }
        }
    }

    /// How long after the decision this node refuses what was revoked.
    fn measure(&self, message: &Message) {
        let took = self.clock.now() - message.event.metadata.occurred_at;
        let seconds = took.to_std().unwrap_or_default().as_secs_f64();
        metrics::histogram!("keyledger_revocation_propagation_seconds").record(seconds);
    }
}
