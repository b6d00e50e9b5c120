//! Checkpoints: how far the rows of each schema have read the log.
//!
//! A checkpoint moves in the transaction that writes the rows, and only
//! forward, so an event that is delivered twice changes nothing.

use sqlx::{PgConnection, PgExecutor};
use store::Position;
use uuid::Uuid;

/// How far one schema has read, and whether it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// The schema; also the name of the read model, unless it is being rebuilt.
    pub(crate) schema: String,
    pub(crate) version: i32,
    /// Everything up to here is in the rows; `None` before the first event.
    pub(crate) position: Option<Position>,
    /// The last event among it that the log keeps for ever.
    pub(crate) last: Option<LastEvent>,
    /// Why the read model stopped.
    pub(crate) halted: Option<String>,
    pub(crate) dead_letters: i64,
}

/// An event, and where it must be found again if the log is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastEvent {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) id: Uuid,
}

/// Returns every checkpoint there is.
pub(crate) async fn all(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Checkpoint>> {
    let rows = sqlx::query!(
        r#"select projection, version, position, event_stream, event_revision, event_id, halted,
                  (select count(*) from engine.dead_letter d
                    where d.projection = c.projection) as "dead_letters!"
             from engine.checkpoint c
            order by projection"#
    )
    .fetch_all(db)
    .await?;
    let checkpoints = rows.into_iter().map(|row| {
        let place = row.event_stream.zip(row.event_revision).zip(row.event_id);
        Checkpoint {
            schema: row.projection,
            version: row.version,
            position: row.position.map(from_sql),
            last: place.map(|((stream, revision), id)| LastEvent {
                stream,
                revision: revision.cast_unsigned(),
                id,
            }),
            halted: row.halted,
            dead_letters: row.dead_letters,
        }
    });
    Ok(checkpoints.collect())
}

/// Makes the checkpoint of a schema that holds no rows yet, or makes it hold none again.
pub(crate) async fn start(tx: &mut PgConnection, schema: &str, version: i32) -> sqlx::Result<()> {
    sqlx::query!("delete from engine.dead_letter where projection = $1", schema)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into engine.checkpoint (projection, version) values ($1, $2)
         on conflict (projection) do update
            set version = excluded.version, position = null, event_stream = null,
                event_revision = null, event_id = null, halted = null",
        schema,
        version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves the checkpoints of `schemas` on to `position`; those that are there already stay.
///
/// `last` is the last event up to `position`, if there is a new one.
pub(crate) async fn advance(
    tx: &mut PgConnection,
    schemas: &[String],
    position: Position,
    last: Option<LastEvent>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update engine.checkpoint
            set position = $2,
                event_stream = coalesce($3, event_stream),
                event_revision = coalesce($4, event_revision),
                event_id = coalesce($5, event_id)
          where projection = any($1) and (position is null or position < $2)",
        schemas,
        to_sql(position),
        last.as_ref().map(|last| &*last.stream),
        last.as_ref().map(|last| last.revision.cast_signed()),
        last.as_ref().map(|last| last.id),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes why the read model in `schema` does not go on.
pub(crate) async fn halt(tx: &mut PgConnection, schema: &str, error: &str) -> sqlx::Result<()> {
    sqlx::query!("update engine.checkpoint set halted = $2 where projection = $1", schema, error)
        .execute(tx)
        .await?;
    Ok(())
}

/// Lets every read model that halted try again: a release may have brought the cure.
pub(crate) async fn resume_all(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("update engine.checkpoint set halted = null where halted is not null")
        .execute(db)
        .await?;
    Ok(())
}

/// Gives the checkpoint and the dead letters of `from` to `to`, whose own are dropped.
pub(crate) async fn replace(tx: &mut PgConnection, from: &str, to: &str) -> sqlx::Result<()> {
    forget(&mut *tx, to).await?;
    sqlx::query!("update engine.checkpoint set projection = $2 where projection = $1", from, to)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("update engine.dead_letter set projection = $2 where projection = $1", from, to)
        .execute(tx)
        .await?;
    Ok(())
}

/// Drops the checkpoint and the dead letters of `schema`.
pub(crate) async fn forget(tx: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from engine.checkpoint where projection = $1", schema)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from engine.dead_letter where projection = $1", schema)
        .execute(tx)
        .await?;
    Ok(())
}

/// A position as Postgres keeps it: the log hands out none above `i64::MAX`.
pub(crate) const fn to_sql(position: Position) -> i64 {
    position.as_u64().cast_signed()
}

pub(crate) const fn from_sql(number: i64) -> Position {
    Position::from_u64(number.cast_unsigned())
}
