//! Scavenges: where the log is ours alone, what was destroyed leaves its files as well.
//!
//! A tombstone hides; a scavenge removes. One is started after something was destroyed, and
//! once more if one runs already, which may have passed the stream. Nobody waits for it: until it
//! has ended the bytes are there, sealed, as they are in any backup.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use eventstore::operations::{Client, OperationalOptions, ScavengeStatus};
use tokio::time::sleep;

use crate::{Log, connection::Backoff};

/// How long to wait for a scavenge that runs, before another can be started.
const RUNNING: Duration = Duration::from_millis(200);

/// How often a start is tried; after that the next destruction starts one.
const ATTEMPTS: usize = 50;

/// What is to be scavenged, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Scavenging {
    enabled: AtomicBool,
    wanted: AtomicBool,
    starting: AtomicBool,
}

impl Log {
    /// From now on starts a scavenge when something was destroyed. Not for a cluster: there it is its
    /// operators who decide when the nodes are busy with it.
    pub fn scavenge_after_destroying(&self) {
        self.inner.scavenging.enabled.store(true, Ordering::Relaxed);
    }

    /// Something was destroyed.
    pub(crate) fn scavenge_soon(&self) {
        let scavenging = &self.inner.scavenging;
        if !scavenging.enabled.load(Ordering::Relaxed) {
            return;
        }
        scavenging.wanted.store(true, Ordering::SeqCst);
        if !scavenging.starting.swap(true, Ordering::SeqCst) {
            let log = self.clone();
            self.connection().runtime().spawn(async move { log.start_scavenges().await });
        }
    }

    async fn start_scavenges(self) {
        let scavenging = &self.inner.scavenging;
        while scavenging.wanted.swap(false, Ordering::SeqCst) {
            self.start_scavenge().await;
        }
        scavenging.starting.store(false, Ordering::SeqCst);
        // Wanted in between, by someone who saw that we were at it.
        if scavenging.wanted.load(Ordering::SeqCst) {
            self.scavenge_soon();
        }
    }

    async fn start_scavenge(&self) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        for _ in 0..ATTEMPTS {
            let client = Client::new(self.connection().settings().clone());
            match client.start_scavenge(1, 0, &OperationalOptions::default()).await {
                Ok(started) if started.status() == ScavengeStatus::Started => return,
                Ok(_) => sleep(RUNNING).await,
                Err(error) => {
                    tracing::debug!(%error, "no scavenge can be started yet");
                    sleep(backoff.next()).await;
                }
            }
        }
        tracing::warn!("what was destroyed waits for the next scavenge");
    }
}
