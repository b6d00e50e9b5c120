//! `GET /healthz` and `/readyz`: whether the process lives, and whether it can do its work.
//!
//! Ready means: the log answers and this node keeps up with it, Postgres answers, there is a key
//! to sign with, and no read model that guards something has stopped. A read model that is only
//! behind is not a fault: commands and verification do not need it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use projections::{ProjectionState, ProjectionStatus};
use serde::Serialize;
use store::Position;
use tokio::time;

use super::Service;
use crate::reactors::{ReactorStatus, ReactorStatuses};

/// A node that has heard nothing of the log for so long is not ready.
const SILENCE: Duration = Duration::from_millis(2500);
/// How long Postgres may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);
/// A read model that is behind and has not moved for so long stands still.
const STALL: Duration = Duration::from_secs(10);

/// What readiness remembers from one question to the next.
pub(super) struct Health {
    reactors: ReactorStatuses,
    moved: Mutex<HashMap<&'static str, (Option<Position>, Instant)>>,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    log: bool,
    follower: bool,
    database: bool,
    signing_key: bool,
    projections: Vec<Projection>,
    reactors: Vec<Reactor>,
}

#[derive(Serialize)]
struct Projection {
    name: &'static str,
    state: &'static str,
    version: i32,
    position: Option<String>,
    head: Option<String>,
    lag_seconds: f64,
    dead_letters: u64,
    rebuild_progress: Option<f64>,
    stalled: bool,
}

#[derive(Serialize)]
struct Reactor {
    name: String,
    waiting: usize,
    stuck: usize,
}

impl Health {
    pub(super) fn new(reactors: ReactorStatuses) -> Self {
        Self { reactors, moved: Mutex::default() }
    }

    /// Tells whether a read model that is behind stands still.
    fn stalled(&self, status: &ProjectionStatus) -> bool {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (seen, since) = moved.entry(status.name).or_insert((status.position, now));
        if *seen != status.position {
            (*seen, *since) = (status.position, now);
        }
        status.lag > STALL && since.elapsed() > STALL
    }
}

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(State(service): State<Service>) -> impl IntoResponse {
    let (app, health) = (service.app(), &service.0.health);
    let statuses = app.projections.statuses();
    let stopped = |status: &ProjectionStatus| status.state == ProjectionState::Halted;
    let projections: Vec<_> =
        statuses.iter().map(|status| Projection::of(status, health.stalled(status))).collect();
    let database = time::timeout(PATIENCE, app.db.is_up()).await.unwrap_or(false);
    let log = app.log.last_answer() <= SILENCE;
    let follower = app.freshness.age().is_some_and(|age| age <= SILENCE);
    let signing_key = app.keys.can_sign();
    let stalled = projections.iter().any(|projection| projection.stalled);
    let halted = statuses.iter().any(stopped);
    let readiness = Readiness {
        ready: log && follower && database && signing_key && !stalled && !halted,
        log,
        follower,
        database,
        signing_key,
        projections,
        reactors: health.reactors.now().iter().map(Reactor::of).collect(),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

impl Projection {
    fn of(status: &ProjectionStatus, stalled: bool) -> Self {
        let encode = |position: Option<Position>| position.map(Position::encode);
        Self {
            name: status.name,
            state: status.state.as_str(),
            version: status.version,
            position: encode(status.position),
            head: encode(status.head),
            lag_seconds: status.lag.as_secs_f64(),
            dead_letters: status.dead_letters,
            rebuild_progress: status.rebuild_progress,
            stalled,
        }
    }
}

impl Reactor {
    fn of(status: &ReactorStatus) -> Self {
        Self { name: status.name.to_string(), waiting: status.waiting, stuck: status.stuck }
    }
}
