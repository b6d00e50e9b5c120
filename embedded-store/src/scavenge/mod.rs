//! Scavenges: one at a time, started and stopped by an operator, at work between the log's writes.
//!
//! A scavenge visits each stream once, removes for good what no read of it can show (deleted,
//! truncated, expired, tombstoned), gives the free space back to the file system and empties the
//! write-ahead log, so that nothing of what was removed is left in either file.

mod history;
mod work;

use crate::log::{Log, clock};
use history::{History, Outcome};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Starts, stops and remembers the scavenge that runs.
pub(crate) struct Scavenger {
    log: Arc<Log>,
    history: History,
    running: Arc<Mutex<Option<Running>>>,
}

#[derive(Clone)]
struct Running {
    id: Uuid,
    stop: CancellationToken,
}

/// What a start is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Started(Uuid),
    /// This one has not ended yet.
    InProgress(Uuid),
}

impl Scavenger {
    /// `endpoint` is what the scavenges' events call this node.
    pub(crate) fn new(log: Arc<Log>, endpoint: String) -> Self {
        let history = History::new(Arc::clone(&log), endpoint);
        Self { log, history, running: Arc::default() }
    }

    /// Starts a scavenge, unless one runs.
    pub(crate) fn start(&self) -> Start {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { id, .. }) = &*running {
            return Start::InProgress(*id);
        }
        let (id, stop) = (crate::id::fresh(), CancellationToken::new());
        *running = Some(Running { id, stop: stop.clone() });
        let (log, history) = (Arc::clone(&self.log), self.history.clone());
        let slot = Arc::clone(&self.running);
        tokio::spawn(async move {
            let scavenge = Scavenge { id, log, history, stop };
            let outcome = scavenge.work().await;
            // Before its end is told, so that whoever reads of it can start the next one.
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
            scavenge.history.ended(id, &outcome).await;
        });
        Start::Started(id)
    }

    /// Stops the scavenge with this id; false if it does not run.
    pub(crate) fn stop(&self, id: &str) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = running.as_ref().filter(|it| it.id.to_string() == id) else {
            return false;
        };
        running.stop.cancel();
        true
    }
}

/// One scavenge.
struct Scavenge {
    id: Uuid,
    log: Arc<Log>,
    history: History,
    stop: CancellationToken,
}

impl Scavenge {
    async fn work(&self) -> Outcome {
        let (began, id) = (Instant::now(), self.id);
        tracing::info!(scavenge = %id, "a scavenge has started");
        self.history.started(id).await;
        let work = work::scavenge(&self.log, &self.stop).await;
        let outcome = Outcome { work, took: began.elapsed(), stopped: self.stop.is_cancelled() };
        tracing::info!(scavenge = %id, ?outcome, at = %clock::rfc3339(clock::now()), "a scavenge has ended");
        outcome
    }
}
