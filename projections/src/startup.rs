//! Start-up: whether the rows that lie there are of this release and of this log.

use store::{Log, ReadError};

use crate::{
    checkpoint::{self, Checkpoint},
    database::Database,
    error::ApplyError,
    lock::Lock,
    model::{self, Model},
    schema,
};

/// Makes the read models that are not there, and empties those of another log.
///
/// Returns those whose tables are older than this release, or that came with it: they are to be
/// rebuilt beside the others, which go on.
pub(crate) async fn prepare(db: &Database, log: &Log) -> Result<Vec<&'static Model>, StartError> {
    let checkpoints = checkpoint::all(db.projecting()).await?;
    for checkpoint in &checkpoints {
        if !is_of(log, checkpoint).await? {
            tracing::warn!(
                projection = checkpoint.schema,
                position = ?checkpoint.position,
                "the rows are not of this log; they are dropped and rebuilt"
            );
            forget(db, &checkpoint.schema).await?;
        }
    }
    let mut tx = db.projecting().begin().await?;
    // Another node may be starting.
    Lock::Live.take(&mut tx).await?;
    let checkpoints = checkpoint::all(&mut *tx).await?;
    let of = |model: &Model| checkpoints.iter().find(|known| known.schema == model.name);
    let mut outdated = Vec::new();
    // With no rows at all, all read models are filled at once, by one reader.
    let from_nothing = model::all().iter().all(|model| of(model).is_none());
    for model in model::all() {
        match of(model) {
            None if from_nothing => {
                schema::create(&mut tx, model, model.name).await?;
                checkpoint::start(&mut tx, model.name, model.version).await?;
            }
            None => outdated.push(model),
            Some(known) if known.version < model.version => outdated.push(model),
            // Of a newer release, which looks after it.
            Some(_) => {}
        }
    }
    checkpoint::resume_all(&mut *tx).await?;
    tx.commit().await?;
    Ok(outdated)
}

/// Whether the rows were made from this log: it must reach as far, and hold their last event.
async fn is_of(log: &Log, checkpoint: &Checkpoint) -> Result<bool, StartError> {
    if checkpoint.position > log.head().await? {
        return Ok(false);
    }
    let Some(last) = &checkpoint.last else { return Ok(true) };
    match log.read_stream(&last.stream, last.revision, 1).await {
        Ok(events) => Ok(events.first().is_some_and(|event| event.event_id == last.id)),
        Err(ReadError::Unreadable(event)) => Ok(event.event_id == last.id),
        Err(ReadError::Unavailable(error)) => Err(error.into()),
    }
}

async fn forget(db: &Database, schema: &str) -> sqlx::Result<()> {
    let mut tx = db.projecting().begin().await?;
    Lock::Live.take(&mut tx).await?;
    schema::drop(&mut tx, schema).await?;
    checkpoint::forget(&mut tx, schema).await?;
    tx.commit().await
}

/// Why the read models can not be followed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the log did not answer")]
    Log(#[from] store::Unavailable),
    #[error("a batch could not be applied")]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Unavailable(#[from] crate::Unavailable),
}
