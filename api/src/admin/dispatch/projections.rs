//! Read models, as an operator looks after them.

use std::time::Duration;

use projections::{Past, ProjectionState, ProjectionStatus, Row};
use serde_json::{Value, json};
use store::Position;

use crate::{
    admin::{
        Reports,
        operation::{ProjectionsOperation, Rebuild, RowsAt},
    },
    app::{App, Request},
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
    request: &Request,
    operation: ProjectionsOperation,
    reports: &Reports,
) -> Result<Value, Error> {
    match operation {
        ProjectionsOperation::List => list(app).await,
        ProjectionsOperation::Rebuild(asked) => rebuild(app, request, asked, reports).await,
        ProjectionsOperation::At(asked) => rows_at(app, request, asked, reports).await,
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

async fn rebuild(
    app: &App,
    request: &Request,
    asked: Rebuild,
    reports: &Reports,
) -> Result<Value, Error> {
    let Rebuild { name, diff } = asked;
    let heard = reports.clone();
    let progress = move |part| heard.progress(thousandths(part), WHOLE);
    let rows = if diff { ROWS } else { 0 };
    let rebuilt = app.rebuild_projection(request, name.clone(), rows, progress).await?;
    for difference in &rebuilt.differences {
        let only = if difference.only_live { "old" } else { "new" };
        let row = json!({ "table": difference.table, "only": only, "row": difference.row });
        reports.item(row).await?;
    }
    Ok(json!({ "name": name, "differences": diff.then_some(rebuilt.differences.len()) }))
}

async fn rows_at(
    app: &App,
    request: &Request,
    asked: RowsAt,
    reports: &Reports,
) -> Result<Value, Error> {
    let RowsAt { name, position } = asked;
    app.record_rows_read(request, &name, position).await?;
    let heard = |part| reports.progress(thousandths(part), WHOLE);
    let mut past = app.rebuilder().at(&name, position, heard).await?;
    let handed_out = hand_out(&mut past, reports).await;
    past.discard().await?;
    Ok(json!({ "name": name, "position": position, "rows": handed_out? }))
}

async fn hand_out(past: &mut Past, reports: &Reports) -> Result<u64, Error> {
    let mut count = 0;
    while let Some(rows) = past.next().await? {
        for Row { table, row } in rows {
            let row: Value =
                serde_json::from_str(&row).map_err(|error| Error::Internal(error.into()))?;
            reports.item(json!({ "table": table, "row": row })).await?;
            count += 1;
        }
    }
    Ok(count)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a thousand"
)]
fn thousandths(part: f64) -> u64 {
    (part.clamp(0.0, 1.0) * 1_000.0) as u64
}
