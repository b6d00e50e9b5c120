//! Rebuilds: a read model made anew from the log, beside the live one.
//!
//! The rows are gathered in a schema of their own, from the beginning of the
//! log. At the end both schemas stand at one position, under the lock of
//! whoever applies, so that they can be compared; then the new one takes the
//! live one's name, which is a moment's work, and readers notice nothing.

mod past;

use std::time::Duration;

use sqlx::PgConnection;
use store::{Log, Position, Vault};
use tokio::time;

pub use self::past::Past;
use crate::{
    batch::{self, Applied, Batch, Target},
    checkpoint,
    database::Database,
    error::ApplyError,
    feed::{Feed, Stretch},
    lock::Lock,
    model::{self, Model},
    schema::{self, Difference},
    status,
};

/// The pause before something that was away is tried again, and how often it is.
const PAUSE: Duration = Duration::from_secs(1);
const TRIES: u32 = 60;

/// Why a read model was not rebuilt; the live one is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("there is no read model of that name")]
    Unknown,
    #[error("it is being rebuilt by someone else")]
    Busy,
    /// Retry it: the live rows end where the log was long ago.
    #[error("the live rows can not be compared, since nothing is applied to them")]
    NotLive,
    #[error("the log has not come that far")]
    Ahead,
    #[error("the log did not answer")]
    Log(#[from] store::Unavailable),
    #[error("a batch could not be applied")]
    Apply(#[source] ApplyError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
}

impl From<ApplyError> for RebuildError {
    fn from(error: ApplyError) -> Self {
        Self::Apply(error)
    }
}

/// What a rebuild found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Rows of the old and the new tables that differ; none where they were not compared.
    pub differences: Vec<Difference>,
}

/// What makes read models anew.
#[derive(Clone, Debug)]
pub struct Rebuilder {
    db: Database,
    log: Log,
    vault: Vault,
}

impl Rebuilder {
    pub fn new(db: &Database, log: &Log, vault: &Vault) -> Self {
        Self { db: db.clone(), log: log.clone(), vault: vault.clone() }
    }

    /// Rebuilds `read_model` while the live one is in use, and replaces it.
    ///
    /// At most `compare` rows of each table that differ are returned; with 0 nothing is compared.
    /// `progress` hears, from 0 to 1, how much of the log is done. The old tables stay in the
    /// schema `{read_model}_old` until the next rebuild.
    pub async fn rebuild(
        &self,
        read_model: &str,
        compare: u32,
        progress: impl FnMut(f64) + Send,
    ) -> Result<Rebuilt, RebuildError> {
        let model = model::named(read_model).ok_or(RebuildError::Unknown)?;
        let target = Target { model, schema: model.next_schema() };
        let until = self.live_position(model).await?;
        let mut feed = self.fill(&target, until, progress).await?;
        let mut tx = self.db.projecting().begin().await?;
        let live = self.level(&target, &mut feed, &mut tx).await?;
        let differences = match compare {
            0 => vec![],
            _ if live.is_none() => return Err(RebuildError::NotLive),
            most => schema::compare(&mut tx, model.name, &target.schema, most).await?,
        };
        swap(&mut tx, model, &target.schema).await?;
        tx.commit().await?;
        Ok(Rebuilt { differences })
    }

    /// Returns rows in which `read_model` differs from what the log says, at most `most` of each
    /// table; changes nothing.
    pub async fn check(
        &self,
        read_model: &str,
        most: u32,
    ) -> Result<Vec<Difference>, RebuildError> {
        let model = model::named(read_model).ok_or(RebuildError::Unknown)?;
        let target = Target { model, schema: format!("{}_check", model.name) };
        let until = self.live_position(model).await?;
        let mut feed = self.fill(&target, until, |_| {}).await?;
        let mut tx = self.db.projecting().begin().await?;
        let level = self.level(&target, &mut feed, &mut tx).await?;
        let differences = match level {
            Some(()) => schema::compare(&mut tx, model.name, &target.schema, most).await?,
            None => return Err(RebuildError::NotLive),
        };
        schema::drop(&mut tx, &target.schema).await?;
        checkpoint::forget(&mut tx, &target.schema).await?;
        tx.commit().await?;
        Ok(differences)
    }

    /// Makes the schema of `target` and fills it with what comes of the log to `until`; without a
    /// limit, to its end.
    async fn fill(
        &self,
        target: &Target,
        until: Option<Position>,
        mut progress: impl FnMut(f64) + Send,
    ) -> Result<Feed, RebuildError> {
        let mut tx = self.db.projecting().begin().await?;
        if !Lock::Filling(&target.schema).try_take(&mut tx).await? {
            return Err(RebuildError::Busy);
        }
        schema::create(&mut tx, target.model, &target.schema).await?;
        checkpoint::start(&mut tx, &target.schema, target.model.version).await?;
        tx.commit().await?;

        let head = self.log.head().await?;
        let mut feed = self.feed(target.model, None);
        let mut stretch = self.stretch(target.model, &mut feed, until).await;
        loop {
            let reached = stretch.batch.reached;
            let done = until.map_or(stretch.caught_up, |until| until <= reached);
            if done {
                self.apply(target, &stretch.batch).await?;
                progress(1.0);
                return Ok(feed);
            }
            // The next batch is read and opened while the database takes this one.
            let (applied, next) = tokio::join!(
                self.apply(target, &stretch.batch),
                self.stretch(target.model, &mut feed, until),
            );
            applied?;
            progress(status::fraction(Some(reached), until.or(head)));
            stretch = next;
        }
    }

    /// Waits for the next batch, through every outage of the log.
    async fn stretch(&self, model: &Model, feed: &mut Feed, until: Option<Position>) -> Stretch {
        loop {
            match feed.next(until).await {
                Ok(stretch) => return stretch,
                Err(error) => {
                    tracing::warn!(%error, "a rebuild waits for the log");
                    time::sleep(PAUSE).await;
                    *feed = self.feed(model, feed.reached());
                }
            }
        }
    }

    fn feed(&self, model: &Model, after: Option<Position>) -> Feed {
        Feed::new(&self.log, &self.vault, after, model.categories)
    }

    /// Where the live rows end, if something is applied to them.
    async fn live_position(&self, model: &'static Model) -> sqlx::Result<Option<Position>> {
        let live = [Target { model, schema: model.name.to_owned() }];
        let checkpoints = checkpoint::all(self.db.projecting()).await?;
        let active = batch::active(&live, &checkpoints);
        Ok(active.first().and_then(|(_, checkpoint)| checkpoint.position))
    }

    async fn apply(&self, target: &Target, batch: &Batch) -> Result<(), RebuildError> {
        let (lock, targets) = (Lock::Filling(&target.schema), [target.clone()]);
        for _ in 0..TRIES {
            match batch::apply(self.db.projecting(), lock, &targets, batch).await {
                Ok(Applied::Done) => return Ok(()),
                Ok(Applied::StoodBy | Applied::Gap { .. }) => return Err(RebuildError::Busy),
                Err(ApplyError::Database(error)) => {
                    tracing::warn!(%error, "a rebuild waits for the database");
                    time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(RebuildError::Busy)
    }

    /// Brings `target` to exactly where the live rows end, and keeps both there until the
    /// transaction ends; `None` if nothing is applied to the live rows.
    async fn level(
        &self,
        target: &Target,
        feed: &mut Feed,
        tx: &mut PgConnection,
    ) -> Result<Option<()>, RebuildError> {
        // The log is read, and tables are compared, while nothing is asked of this transaction.
        sqlx::query!("select set_config('idle_in_transaction_session_timeout', '0', true)")
            .fetch_one(&mut *tx)
            .await?;
        Lock::Live.take(tx).await?;
        let live = [Target { model: target.model, schema: target.model.name.to_owned() }];
        let checkpoints = checkpoint::all(&mut *tx).await?;
        let active = batch::active(&live, &checkpoints);
        let Some((_, checkpoint)) = active.first() else { return Ok(None) };
        let until = checkpoint.position;
        while feed.reached() < until {
            let stretch = feed.next(until).await?;
            batch::apply_within(tx, target, &stretch.batch).await?;
        }
        Ok(Some(()))
    }
}

/// Gives the live name to `next`, and keeps the old tables under another.
async fn swap(tx: &mut PgConnection, model: &Model, next: &str) -> sqlx::Result<()> {
    let old = format!("{}_old", model.name);
    schema::drop(tx, &old).await?;
    if schema::exists(tx, model.name).await? {
        schema::rename(tx, model.name, &old).await?;
    }
    schema::rename(tx, next, model.name).await?;
    checkpoint::replace(tx, next, model.name).await
}

#[cfg(test)]
mod tests;
