//! Batches: rows of all read models and their checkpoints, in one transaction.
//!
//! A batch that fails for an event's sake is applied again under savepoints,
//! so that only the read model that choked parks the event or halts.

use std::collections::HashSet;

use fail::fail_point;
use sqlx::{Connection, PgConnection, PgPool};
use store::Position;

use crate::{
    checkpoint::{self, Checkpoint, LastEvent},
    dead_letter::{self, DeadLetter},
    entry::{Entry, Item},
    error::ApplyError,
    lock::Lock,
    model::{Model, OnPoison},
    schema,
};

/// A stretch of the log.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where the batch before it ended; `None` for the start of the log.
    pub(crate) after: Option<Position>,
    /// Where it ends.
    pub(crate) reached: Position,
    pub(crate) items: Vec<Item>,
}

/// A read model, and the schema whose rows are to be written.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) model: &'static Model,
    pub(crate) schema: String,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It is in the rows of every read model that goes on.
    Done,
    /// Another node is writing; nothing was done.
    StoodBy,
    /// Some rows end before the batch begins: read on from there.
    Gap { from: Option<Position> },
}

/// Applies a batch to `targets`, in a transaction under `lock`.
pub(crate) async fn apply(
    db: &PgPool,
    lock: Lock<'_>,
    targets: &[Target],
    batch: &Batch,
) -> Result<Applied, ApplyError> {
    match attempt(db, lock, targets, batch, Care::Bold).await {
        Err(ApplyError::Poison(_)) => attempt(db, lock, targets, batch, Care::Careful).await,
        outcome => outcome,
    }
}

/// Whether a poisonous event undoes the batch, or is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// It undoes the batch. No savepoints: the common case costs nothing.
    Bold,
    Careful,
}

async fn attempt(
    db: &PgPool,
    lock: Lock<'_>,
    targets: &[Target],
    batch: &Batch,
    care: Care,
) -> Result<Applied, ApplyError> {
    let mut tx = db.begin().await?;
    if !lock.try_take(&mut tx).await? {
        return Ok(Applied::StoodBy);
    }
    let checkpoints = checkpoint::all(&mut *tx).await?;
    let active = active(targets, &checkpoints);
    let earliest = active.iter().map(|(_, checkpoint)| checkpoint.position).min().flatten();
    if !active.is_empty() && earliest < batch.after {
        return Ok(Applied::Gap { from: earliest });
    }
    apply_active(&mut tx, &active, batch, care).await?;
    fail_point!("commit.before");
    tx.commit().await?;
    fail_point!("commit.after");
    Ok(Applied::Done)
}

/// Applies a batch to one target, in a transaction that holds what it needs already.
pub(crate) async fn apply_within(
    tx: &mut PgConnection,
    target: &Target,
    batch: &Batch,
) -> Result<(), ApplyError> {
    let checkpoints = checkpoint::all(&mut *tx).await?;
    let targets = [target.clone()];
    apply_active(tx, &active(&targets, &checkpoints), batch, Care::Careful).await
}

/// Returns the targets that go on: of this release's version, and not halted.
pub(crate) fn active<'a>(
    targets: &'a [Target],
    checkpoints: &'a [Checkpoint],
) -> Vec<(&'a Target, &'a Checkpoint)> {
    let goes_on = |target: &'a Target| {
        let checkpoint =
            checkpoints.iter().find(|checkpoint| checkpoint.schema == target.schema)?;
        let ours = checkpoint.version == target.model.version && checkpoint.halted.is_none();
        ours.then_some((target, checkpoint))
    };
    targets.iter().filter_map(goes_on).collect()
}

async fn apply_active(
    tx: &mut PgConnection,
    active: &[(&Target, &Checkpoint)],
    batch: &Batch,
    care: Care,
) -> Result<(), ApplyError> {
    let mut done = Vec::new();
    for (target, checkpoint) in active {
        let items = wanted(tx, target, checkpoint, batch).await?;
        let goes_on = match care {
            Care::Bold => {
                apply_to(tx, target, &entries(&items)?).await?;
                true
            }
            Care::Careful => apply_carefully(tx, target, &items).await?,
        };
        if goes_on {
            done.push(target.schema.clone());
        }
    }
    let last = batch.items.iter().rev().find_map(Item::place);
    Ok(checkpoint::advance(tx, &done, batch.reached, last).await?)
}

/// Returns what the rows of `target` do not hold yet; what follows in a parked stream is parked.
async fn wanted<'a>(
    tx: &mut PgConnection,
    target: &Target,
    checkpoint: &Checkpoint,
    batch: &'a Batch,
) -> Result<Vec<&'a Item>, ApplyError> {
    let mut items: Vec<_> = batch
        .items
        .iter()
        .filter(|item| Some(item.position()) > checkpoint.position)
        .filter(|item| target.model.wants(item.category()))
        .collect();
    if checkpoint.dead_letters > 0 && !items.is_empty() {
        let streams: Vec<_> = items.iter().map(|item| item.stream().to_owned()).collect();
        let parked = dead_letter::parked(&mut *tx, &target.schema, &streams).await?;
        for item in items.extract_if(.., |item| parked.contains(item.stream())) {
            park(tx, target, item, "an earlier event of the stream is parked").await?;
        }
    }
    Ok(items)
}

/// Returns the events, or the first that can not be read.
fn entries<'a>(items: &[&'a Item]) -> Result<Vec<&'a Entry>, ApplyError> {
    let entry = |item: &&'a Item| match item {
        Item::Event(entry) => Ok(&**entry),
        Item::Unreadable(event) => Err(ApplyError::Poison(event.error.clone().into())),
    };
    items.iter().map(entry).collect()
}

async fn apply_to(
    tx: &mut PgConnection,
    target: &Target,
    entries: &[&Entry],
) -> Result<(), ApplyError> {
    if entries.is_empty() {
        return Ok(());
    }
    schema::enter(tx, &target.schema).await?;
    (target.model.apply)(entries, tx).await
}

/// Applies what can be applied; `false` if the read model halted.
async fn apply_carefully(
    tx: &mut PgConnection,
    target: &Target,
    items: &[&Item],
) -> Result<bool, ApplyError> {
    if try_to(tx, target, items).await?.is_none() {
        return Ok(true);
    }
    let mut parked = HashSet::new();
    let mut before = None;
    for item in items {
        let error = if parked.contains(item.stream()) {
            Some("an earlier event of the stream is parked".to_owned())
        } else {
            try_to(tx, target, &[item]).await?
        };
        if let Some(error) = error {
            match target.model.on_poison {
                OnPoison::Park => {
                    park(tx, target, item, &error).await?;
                    parked.insert(item.stream());
                }
                OnPoison::Halt => {
                    halt(tx, target, item, before, &error).await?;
                    return Ok(false);
                }
            }
        }
        before = Some((item.position(), item.place()));
    }
    Ok(true)
}

/// Applies all of `items` or none; returns why none.
async fn try_to(
    tx: &mut PgConnection,
    target: &Target,
    items: &[&Item],
) -> Result<Option<String>, ApplyError> {
    let mut savepoint = tx.begin().await?;
    let outcome = match entries(items) {
        Ok(entries) => apply_to(&mut savepoint, target, &entries).await,
        Err(unreadable) => Err(unreadable),
    };
    match outcome {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(None)
        }
        Err(ApplyError::Poison(error)) => {
            savepoint.rollback().await?;
            Ok(Some(error.to_string()))
        }
        Err(error @ ApplyError::Database(_)) => Err(error),
    }
}

async fn park(
    tx: &mut PgConnection,
    target: &Target,
    item: &Item,
    error: &str,
) -> Result<(), ApplyError> {
    let (revision, event_type) = match item {
        Item::Event(entry) => (entry.event.revision, &entry.event.event_type),
        Item::Unreadable(event) => (event.revision, &event.event_type),
    };
    tracing::error!(
        projection = target.schema,
        event.stream = item.stream(),
        event.revision = revision,
        event.type = event_type,
        error,
        "an event is parked"
    );
    let letter = DeadLetter {
        stream: item.stream().to_owned(),
        revision,
        position: item.position(),
        event_type: event_type.clone(),
        error: error.to_owned(),
    };
    Ok(dead_letter::park(tx, &target.schema, &letter).await?)
}

/// Stops the read model just before `item`.
async fn halt(
    tx: &mut PgConnection,
    target: &Target,
    item: &Item,
    before: Option<(Position, Option<LastEvent>)>,
    error: &str,
) -> Result<(), ApplyError> {
    let error = format!("{} at {:?}: {error}", item.stream(), item.position());
    tracing::error!(projection = target.schema, error, "a read model halts");
    if let Some((position, last)) = before {
        let schemas = [target.schema.clone()];
        checkpoint::advance(tx, &schemas, position, last).await?;
    }
    Ok(checkpoint::halt(tx, &target.schema, &error).await?)
}
