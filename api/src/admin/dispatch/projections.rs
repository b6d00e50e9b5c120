//! Read models, as an operator looks after them.

use std::time::Duration;

use projections::{ProjectionState, ProjectionStatus, RebuildError, Rebuilder};
use serde_json::{Value, json};
use store::Position;

use crate::{
    admin::{
        Reports,
        operation::{ProjectionsOperation, Rebuild},
    },
    app::App,
    error::Error,
};

/// How long a node that has just started may take to look at its read models.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many rows of each table are shown that differ.
const ROWS: u32 = 10;
/// The unit of progress: a thousandth of the log.
const WHOLE: u64 = 1_000;

pub(super) async fn projections(
    app: &App,
    operation: ProjectionsOperation,
    reports: &Reports,
) -> Result<Value, Error> {
    match operation {
        ProjectionsOperation::List => list(app).await,
        ProjectionsOperation::Rebuild(rebuild) => self::rebuild(app, rebuild, reports).await,
    }
}

async fn list(app: &App) -> Result<Value, Error> {
    let head = app.log.head().await?;
    // A command that started the parts itself has only just begun to look.
    let looked = || {
        let statuses = app.projections.statuses();
        statuses.iter().all(|status| status.state != ProjectionState::Missing)
    };
    let _ = tokio::time::timeout(PATIENCE, async {
        while !looked() {
            app.projections.changed().await;
        }
    })
    .await;
    Ok(app.projections.statuses().iter().map(|status| row(status, head)).collect())
}

fn row(status: &ProjectionStatus, head: Option<Position>) -> Value {
    json!({
        "name": status.name,
        "version": status.version,
        "active_version": status.active_version,
        "state": status.state.as_str(),
        "position": status.position,
        "head": head.max(status.position),
        "lag_seconds": status.lag.as_secs_f64(),
        "dead_letters": status.dead_letters,
        "rebuild_progress": status.rebuild_progress,
        "error": status.error,
    })
}

async fn rebuild(app: &App, asked: Rebuild, reports: &Reports) -> Result<Value, Error> {
    let rebuilder = Rebuilder::new(&app.db, &app.log, &app.vault);
    let Rebuild { name, diff } = asked;
    let (heard, model) = (reports.clone(), name.clone());
    let rows = if diff { ROWS } else { 0 };
    // Goes on when the operator hangs up: half a rebuild is of no use to anyone.
    let work = app.uncancelled(async move {
        let work = rebuilder.rebuild(&model, rows, |part| heard.progress(thousandths(part), WHOLE));
        work.await.map_err(refused)
    });
    let rebuilt = work.await?;
    for difference in &rebuilt.differences {
        let only = if difference.only_live { "old" } else { "new" };
        let row = json!({ "table": difference.table, "only": only, "row": difference.row });
        reports.item(row).await?;
    }
    Ok(json!({ "name": name, "differences": diff.then_some(rebuilt.differences.len()) }))
}

fn refused(error: RebuildError) -> Error {
    match error {
        RebuildError::Unknown => {
            let names: Vec<&str> = projections::names().collect();
            Error::invalid(format!("there is no such read model; there are {}", names.join(", ")))
        }
        RebuildError::Busy | RebuildError::NotLive => {
            Error::Rejected { code: "REBUILD_REFUSED", message: error.to_string() }
        }
        RebuildError::Log(error) => error.into(),
        RebuildError::Apply(_) => Error::Internal(error.into()),
        RebuildError::Database(_) => Error::Unavailable(error.into()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a thousand"
)]
fn thousandths(part: f64) -> u64 {
    (part.clamp(0.0, 1.0) * 1_000.0) as u64
}
