//! Runner: keeps all read models up to date, from one reading of the log.
//!
//! Any number of nodes run one; of two, one applies a batch and the other
//! stands by. It ends only when it is told to: when Postgres or the log are
//! away, it tries again.

use std::{collections::HashSet, time::Duration};

use store::{Log, Position, Vault};
use tokio::{select, time};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    batch::{self, Applied, Batch, Target},
    checkpoint,
    database::Database,
    error::ApplyError,
    feed::Feed,
    lock::Lock,
    model::{self, Model},
    rebuild::Rebuilder,
    startup::{self, StartError},
    status::Progress,
};

/// How long to stand by before looking again.
const STAND_BY: Duration = Duration::from_millis(25);
/// How often the head of the log is looked at, apart from the subscription that brings its events.
const LOOK: Duration = Duration::from_secs(1);
/// The pauses between tries while Postgres or the log are away.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What keeps the read models up to date.
#[derive(Debug)]
pub struct Runner {
    db: Database,
    log: Log,
    vault: Vault,
    progress: Progress,
    targets: Vec<Target>,
    rebuilding: HashSet<&'static str>,
}

impl Runner {
    pub fn new(db: &Database, log: &Log, vault: &Vault) -> Self {
        let target = |model: &'static Model| Target { model, schema: model.name.to_owned() };
        Self {
            db: db.clone(),
            log: log.clone(),
            vault: vault.clone(),
            progress: Progress::new(db.clone()),
            targets: model::all().iter().map(target).collect(),
            rebuilding: HashSet::new(),
        }
    }

    /// How far the read models are; may be kept and asked at any time.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Runs until `shutdown` is cancelled. A batch that was begun is finished.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let looking = tokio::spawn(look(self.log.clone(), self.progress.clone()));
        let _looking = AbortOnDropHandle::new(looking);
        let mut pause = SHORTEST_PAUSE;
        while let Err(error) = self.follow(&shutdown, &mut pause).await {
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), "the read models are not kept up to date");
            select! {
                () = shutdown.cancelled() => break,
                () = time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Follows the log until `shutdown`, or until something is away.
    async fn follow(
        &mut self,
        shutdown: &CancellationToken,
        pause: &mut Duration,
    ) -> Result<(), StartError> {
        self.db.migrate().await?;
        for model in startup::prepare(&self.db, &self.log).await? {
            self.rebuild_beside(model, shutdown);
        }
        self.progress.checked();
        let mut feed = self.feed(self.earliest().await?);
        loop {
            let stretch = select! {
                () = shutdown.cancelled() => return Ok(()),
                stretch = feed.next(None) => stretch?,
            };
            match self.apply(&stretch.batch, shutdown).await? {
                Applied::Done => {}
                Applied::StoodBy => return Ok(()),
                Applied::Gap { from } => feed = self.feed(from),
            }
            self.progress.refresh().await?;
            *pause = SHORTEST_PAUSE;
        }
    }

    fn feed(&self, after: Option<Position>) -> Feed {
        Feed::new(&self.log, &self.vault, after, &model::categories())
    }

    /// Where the read model that goes on and is furthest behind has read to.
    async fn earliest(&self) -> Result<Option<Position>, sqlx::Error> {
        let checkpoints = checkpoint::all(self.db.projecting()).await?;
        let active = batch::active(&self.targets, &checkpoints);
        Ok(active.iter().map(|(_, checkpoint)| checkpoint.position).min().flatten())
    }

    /// Applies a batch, or waits until another node has; [`Applied::StoodBy`] only at shutdown.
    async fn apply(
        &self,
        batch: &Batch,
        shutdown: &CancellationToken,
    ) -> Result<Applied, ApplyError> {
        loop {
            match batch::apply(self.db.projecting(), Lock::Live, &self.targets, batch).await? {
                Applied::StoodBy if shutdown.is_cancelled() => return Ok(Applied::StoodBy),
                Applied::StoodBy => time::sleep(STAND_BY).await,
                applied => return Ok(applied),
            }
        }
    }

    /// Fills new tables for `model` while the other read models go on.
    fn rebuild_beside(&mut self, model: &'static Model, shutdown: &CancellationToken) {
        if !self.rebuilding.insert(model.name) {
            return;
        }
        tracing::warn!(projection = model.name, "the tables are older than this release");
        let rebuilder = Rebuilder::new(&self.db, &self.log, &self.vault);
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            loop {
                let rebuilt = select! {
                    () = shutdown.cancelled() => return,
                    rebuilt = rebuilder.rebuild(model.name, 0, |_| {}) => rebuilt,
                };
                let Err(error) = rebuilt else { return };
                let error = anyhow::Error::from(error);
                let error = format!("{error:#}");
                tracing::warn!(projection = model.name, error, "a rebuild is tried again");
                time::sleep(LONGEST_PAUSE).await;
            }
        });
    }
}

/// Looks where the log ends, so that a reader that hangs does not look like one that is done.
async fn look(log: Log, progress: Progress) {
    let mut ticks = time::interval(LOOK);
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // What is away is said by whoever needs it.
        if let Ok(head) = log.head().await {
            progress.saw_head(head);
        }
        let _ = progress.refresh().await;
    }
}

#[cfg(test)]
mod tests;
