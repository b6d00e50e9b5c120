//! A node in this process, whose clock the test moves: for what takes days, or a minute.

use std::path::PathBuf;

use api::{app::App, clock::Clock, config::Config, node::Node, reactors::ReactorStatus};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    client::Client,
    database,
    service::operate,
    setup::{Postgres, Setup},
    wait::eventually,
};

/// A running node.
pub struct InProcess {
    node: Node,
    pub clock: Clock,
    data: PathBuf,
    /// Kept so that it is removed at the end.
    _folder: Option<TempDir>,
}

impl InProcess {
    /// Starts one, with a clock that is right until it is moved.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start(setup: &Setup) -> Self {
        let folder = match &setup.data {
            Some(_) => None,
            None => Some(tempfile::tempdir().expect("a folder")),
        };
        let own = folder.as_ref().map(|folder| folder.path().join("data"));
        let data = setup.data.clone().or(own).expect("one of the two");
        let mut settings = setup.environment.clone();
        settings.push(("KEYLEDGER_LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
        settings.push(("KEYLEDGER_DATA".to_owned(), data.display().to_string()));
        let url = match (&setup.postgres, database::server()) {
            (Postgres::At(url), _) => Some(url.clone()),
            (Postgres::Any, Some(server)) => {
                Some(database::create(&server).await.expect("a database"))
            }
            (Postgres::Any, None) | (Postgres::PGlite, _) => None,
        };
        settings.extend(url.map(|url| ("KEYLEDGER_DATABASE_URL".to_owned(), url)));
        let clock = Clock::default();
        let config = Config::from_pairs(settings).expect("a configuration");
        let node = Node::start_with(config, clock.clone()).await.expect("a node");
        Self { node, clock, data, _folder: folder }
    }

    /// What it is made of, to change what no door changes.
    pub fn app(&self) -> &App {
        self.node.app()
    }

    /// A caller from a network of its own.
    pub fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.node.address()))
    }

    /// Runs an operator's command and returns what it printed, as JSON.
    ///
    /// # Panics
    ///
    /// If it refuses.
    pub async fn operate(&self, arguments: &[&str]) -> Value {
        let data = self.data.clone();
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        let run = move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            operate(&data, &arguments)
        };
        let answer = tokio::task::spawn_blocking(run).await.expect("it ends");
        answer.expect("it is carried out")
    }

    /// A caller that may verify agent tokens.
    ///
    /// # Panics
    ///
    /// If the command line refuses.
    pub async fn verifier(&self) -> Client {
        let create =
            ["service-credential", "create", "--name", "tests", "--scope", "tokens:verify"];
        let created = self.operate(&create).await;
        self.client().with_bearer(created["secret"].as_str().expect("its secret, once"))
    }

    /// Waits until the reactors have nothing left that is due.
    ///
    /// # Panics
    ///
    /// If they do not come to an end.
    pub async fn reactors_are_done(&self) {
        let head = self.node.app().log.head().await.expect("a log");
        let statuses = self.node.reactors();
        eventually("the reactors to be done", || async {
            let done = |status: &ReactorStatus| status.reached >= head && status.waiting == 0;
            statuses.now().iter().all(done).then_some(())
        })
        .await;
    }

    /// Stops it, as a signal would.
    pub async fn stop(self) {
        self.node.shutdown().await;
    }
}
