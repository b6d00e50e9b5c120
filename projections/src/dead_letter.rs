//! Dead letters: events that a read model could not read, and all that followed in their streams.
//!
//! A stream is parked as a whole, so that its events are never applied out of
//! order. Rebuilding the read model tries them again.

use std::collections::HashSet;

use sqlx::{PgConnection, PgExecutor};
use store::Position;

use crate::{Result, checkpoint, database::Database};

/// One event that is not in the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub stream: String,
    pub revision: u64,
    pub position: Position,
    pub event_type: String,
    /// Says what was wrong with it, or that an earlier event of its stream is parked.
    pub error: String,
}

/// Returns the dead letters of a read model, the oldest first, at most `max` of them.
pub async fn of(db: &Database, read_model: &str, max: u32) -> Result<Vec<DeadLetter>> {
    let rows = sqlx::query!(
        "select stream, revision, position, event_type, error
           from engine.dead_letter where projection = $1 order by position limit $2",
        read_model,
        i64::from(max),
    )
    .fetch_all(db.queries())
    .await?;
    let letters = rows.into_iter().map(|row| DeadLetter {
        stream: row.stream,
        revision: row.revision.cast_unsigned(),
        position: checkpoint::from_sql(row.position),
        event_type: row.event_type,
        error: row.error,
    });
    Ok(letters.collect())
}

/// Parks one event of the read model in `schema`.
pub(crate) async fn park(
    tx: &mut PgConnection,
    schema: &str,
    letter: &DeadLetter,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into engine.dead_letter (projection, position, stream, revision, event_type, error)
         values ($1, $2, $3, $4, $5, $6)",
        schema,
        checkpoint::to_sql(letter.position),
        letter.stream,
        letter.revision.cast_signed(),
        letter.event_type,
        letter.error,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns which of `streams` are parked in `schema`.
pub(crate) async fn parked(
    db: impl PgExecutor<'_>,
    schema: &str,
    streams: &[String],
) -> sqlx::Result<HashSet<String>> {
    sqlx::query_scalar!(
        "select distinct stream from engine.dead_letter
          where projection = $1 and stream = any($2)",
        schema,
        streams,
    )
    .fetch_all(db)
    .await
    .map(HashSet::from_iter)
}
