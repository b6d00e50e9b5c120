//! Status: how far each read model is, for whoever waits or watches.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use store::Position;
use tokio::{sync::watch, time};

use crate::{
    Result,
    checkpoint::{self, Checkpoint},
    database::Database,
    model::{self, Model},
};

/// How often a waiter looks for itself, since another node may be the one that applies.
const LOOK: Duration = Duration::from_millis(50);

/// How a read model is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectionStatus {
    pub name: &'static str,
    /// Of this release's tables.
    pub version: i32,
    /// Of the tables in use; `None` while there are none.
    pub active_version: Option<i32>,
    pub state: ProjectionState,
    /// Everything up to here is in the rows.
    pub position: Option<Position>,
    /// Where the log ends; `None` before its end was first seen.
    pub head: Option<Position>,
    /// For how long the rows have not held what the log does.
    pub lag: Duration,
    /// Events that are not in the rows since they could not be read.
    pub dead_letters: u64,
    /// Why it halted.
    pub error: Option<String>,
    /// From 0 to 1, while new tables are being filled.
    pub rebuild_progress: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProjectionState {
    /// It follows the log.
    Live,
    /// An event stopped it: the rows are right, but end there.
    Halted,
    /// Its tables are those of another release, and this one does not touch them.
    Outdated,
    /// There are no tables yet, or it is not known yet whether they are of this log.
    Missing,
}

impl ProjectionState {
    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            Self::Halted => "HALTED",
            Self::Outdated => "OUTDATED",
            Self::Missing => "MISSING",
        }
    }
}

/// How far the read models are; clones share it.
#[derive(Clone, Debug)]
pub struct Progress {
    db: Database,
    latest: watch::Sender<Arc<Vec<Checkpoint>>>,
    heads: Arc<Mutex<Heads>>,
    /// Whether the rows are known to be of this log; before, nothing is believed of them.
    checked: Arc<AtomicBool>,
}

/// Where the log ended, and since when.
#[derive(Debug, Default)]
struct Heads {
    latest: Option<Position>,
    /// Those that some read model has not reached, the oldest first.
    since: VecDeque<(Position, Instant)>,
}

impl Progress {
    pub(crate) fn new(db: Database) -> Self {
        let latest = watch::Sender::new(Arc::default());
        Self { db, latest, heads: Arc::default(), checked: Arc::default() }
    }

    /// The rows are of this log: from now on checkpoints say how far they are.
    pub(crate) fn checked(&self) {
        self.checked.store(true, Ordering::Relaxed);
    }

    /// Returns how each read model is doing, as last seen.
    pub fn statuses(&self) -> Vec<ProjectionStatus> {
        let checkpoints = Arc::clone(&self.latest.borrow());
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        model::all().iter().map(|model| status(model, &checkpoints, &heads)).collect()
    }

    /// Wakes whenever a read model has moved on.
    pub fn changed(&self) -> impl Future<Output = ()> + use<> {
        let mut changes = self.latest.subscribe();
        async move {
            // The sender lives as long as we do, so this ends with a change.
            let _ = changes.changed().await;
        }
    }

    /// Waits until the rows of `read_model` hold everything up to `position`; `false` if they do
    /// not within `timeout`.
    pub async fn wait_for(&self, read_model: &str, position: Position, timeout: Duration) -> bool {
        let there = |checkpoints: &Arc<Vec<Checkpoint>>| {
            checkpoints.iter().any(|checkpoint| {
                checkpoint.schema == read_model && checkpoint.position >= Some(position)
            })
        };
        let mut changes = self.latest.subscribe();
        let arrived = time::timeout(timeout, async {
            loop {
                if time::timeout(LOOK, changes.wait_for(there)).await.is_ok() {
                    return;
                }
                // Postgres may be away for a while; the bound is the caller's.
                let _ = self.refresh().await;
            }
        });
        arrived.await.is_ok()
    }

    /// Looks how far the read models are.
    pub(crate) async fn refresh(&self) -> Result<()> {
        if !self.checked.load(Ordering::Relaxed) {
            return Ok(());
        }
        let checkpoints = checkpoint::all(self.db.projecting()).await?;
        self.latest.send_if_modified(|latest| {
            let changed = **latest != checkpoints;
            if changed {
                *latest = Arc::new(checkpoints);
            }
            changed
        });
        self.measure();
        Ok(())
    }

    /// Notes where the log ends now.
    pub(crate) fn saw_head(&self, head: Option<Position>) {
        let Some(head) = head else { return };
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if heads.latest != Some(head) {
            heads.latest = Some(head);
            heads.since.push_back((head, Instant::now()));
        }
        let slowest = self.slowest();
        while heads.since.front().is_some_and(|(position, _)| Some(*position) <= slowest) {
            heads.since.pop_front();
        }
        // One that halted must not make this grow for ever.
        if heads.since.len() > 10_000 {
            heads.since.drain(1..5_000);
        }
    }

    fn slowest(&self) -> Option<Position> {
        self.latest.borrow().iter().map(|checkpoint| checkpoint.position).min().flatten()
    }

    fn measure(&self) {
        for status in self.statuses() {
            let of = [("projection", status.name)];
            #[expect(clippy::cast_precision_loss, reason = "a gauge, not a count")]
            let dead_letters = status.dead_letters as f64;
            metrics::gauge!("keyledger_projection_lag_seconds", &of).set(status.lag.as_secs_f64());
            metrics::gauge!("keyledger_projection_dead_letters", &of).set(dead_letters);
            let live = if status.state == ProjectionState::Live { 1.0 } else { 0.0 };
            metrics::gauge!("keyledger_projection_live", &of).set(live);
        }
    }
}

fn status(model: &'static Model, checkpoints: &[Checkpoint], heads: &Heads) -> ProjectionStatus {
    let of = |schema: &str| checkpoints.iter().find(|checkpoint| checkpoint.schema == schema);
    let live = of(model.name);
    let position = live.and_then(|live| live.position);
    let state = match live {
        None => ProjectionState::Missing,
        Some(live) if live.version != model.version => ProjectionState::Outdated,
        Some(live) if live.halted.is_some() => ProjectionState::Halted,
        Some(_) => ProjectionState::Live,
    };
    let behind = heads.since.iter().find(|(head, _)| Some(*head) > position);
    ProjectionStatus {
        name: model.name,
        version: model.version,
        active_version: live.map(|live| live.version),
        state,
        position,
        // The head is asked for now and then; what was applied since lies beyond it.
        head: heads.latest.max(position),
        lag: behind.map_or(Duration::ZERO, |(_, since)| since.elapsed()),
        dead_letters: live.map_or(0, |live| live.dead_letters.cast_unsigned()),
        error: live.and_then(|live| live.halted.clone()),
        rebuild_progress: of(&model.next_schema())
            .map(|next| fraction(next.position, heads.latest)),
    }
}

/// Returns how much of the log lies before `position`, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a fraction to look at")]
pub(crate) fn fraction(position: Option<Position>, head: Option<Position>) -> f64 {
    match (position, head) {
        (None, _) => 0.0,
        (_, None | Some(Position::START)) => 1.0,
        (Some(position), Some(head)) => (position.as_u64() as f64 / head.as_u64() as f64).min(1.0),
    }
}
