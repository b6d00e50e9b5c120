//! What the tests share: a log, a vault, every kind of Postgres there is, and some history.

mod databases;
mod history;

use std::{future::Future, panic::Location, sync::Arc, time::Duration};

use domain::Secret;
use embedded_store::EmbeddedStore;
use store::{Log, LogConfig, MasterKeys, Vault};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    databases::{embedded, on_each_database},
    history::{RogueToken, RogueWorkspace, Tenant, noon},
};
use crate::{Database, Progress, Rebuilder, Runner, model};

/// How long a condition may take to come true.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A log with a vault, and a database for what it says.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) log: Log,
    pub(crate) vault: Vault,
    pub(crate) db: Database,
    /// Ends when the last clone is dropped.
    _store: Arc<EmbeddedStore>,
}

impl World {
    pub(crate) async fn new(db: Database) -> Self {
        // What is logged shows with a test that fails.
        let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        let store = EmbeddedStore::builder().in_memory().start().await.expect("a store starts");
        let log = Log::connect(LogConfig {
            url: Secret::new(store.url()),
            node: "node-1".into(),
            build: "test",
            deadline: Duration::from_secs(2),
        })
        .await
        .expect("the store answers");
        let vault = Vault::open(&log, MasterKeys::generate(), true).await.expect("a vault opens");
        Self { log, vault, db, _store: Arc::new(store) }
    }

    /// The same log, and another database.
    pub(crate) fn with(self, db: Database) -> Self {
        Self { db, ..self }
    }

    /// Starts what keeps the read models up to date.
    pub(crate) fn run(&self) -> Running {
        let runner = Runner::new(&self.db, &self.log, &self.vault);
        let (progress, shutdown) = (runner.progress(), CancellationToken::new());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Running { progress, shutdown, task }
    }

    pub(crate) fn rebuilder(&self) -> Rebuilder {
        Rebuilder::new(&self.db, &self.log, &self.vault)
    }

    /// Waits until every read model holds all that the log does now.
    #[track_caller]
    pub(crate) fn settled(&self, progress: &Progress) -> impl Future<Output = ()> {
        let place = Location::caller();
        let (log, progress) = (self.log.clone(), progress.clone());
        async move {
            let head = log.head().await.expect("the log answers").expect("it holds events");
            for model in model::all() {
                let there = progress.wait_for(model.name, head, PATIENCE).await;
                assert!(there, "{} is not up to date, at {place}", model.name);
            }
        }
    }

    /// Runs until every read model holds all that the log does now.
    pub(crate) async fn catch_up(&self) {
        let running = self.run();
        self.settled(&running.progress).await;
        running.stop().await;
    }
}

/// A runner at work.
pub(crate) struct Running {
    pub(crate) progress: Progress,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.expect("a runner ends in order");
    }

    /// Ends it where it stands, as a crash would.
    pub(crate) fn kill(self) {
        self.task.abort();
    }
}

/// Waits until `condition` gives something.
#[track_caller]
pub(crate) fn eventually<T, Condition, Answer>(mut condition: Condition) -> impl Future<Output = T>
where
    Condition: FnMut() -> Answer,
    Answer: Future<Output = Option<T>>,
{
    let place = Location::caller();
    async move {
        let wait = async {
            loop {
                if let Some(answer) = condition().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let answer = tokio::time::timeout(PATIENCE, wait).await;
        answer.unwrap_or_else(|_| panic!("it did not come true, at {place}"))
    }
}
