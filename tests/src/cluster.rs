//! A cluster: two nodes on one log and one database.

use xtask::postgres;

use crate::{database, log_server::LogServer, service::Service, setup::Setup};

/// Two nodes, and what they share.
pub struct Cluster {
    pub one: Service,
    pub other: Service,
    pub log: LogServer,
    /// The address of the database.
    pub database: String,
    /// Where the tests have no server that all share.
    _postgres: Option<postgres::Server>,
}

impl Cluster {
    /// Starts two nodes that are alike.
    ///
    /// # Panics
    ///
    /// If one of the parts does not start.
    pub async fn start(setup: Setup) -> Self {
        let log = LogServer::start().expect("a log");
        let (postgres, server) = if let Some(server) = database::server() {
            (None, server)
        } else {
            let start = tokio::task::spawn_blocking(postgres::Server::start);
            let started = start.await.expect("it ends").expect("a Postgres server");
            let url = started.url();
            (Some(started), url)
        };
        let database = database::create(&server).await.expect("a database");
        let node =
            |name: &str| setup.clone().log(log.url()).database(&database).env("NODE", name).start();
        let one = node("one").await.expect("a node");
        let other = node("other").await.expect("another node");
        Self { one, other, log, database, _postgres: postgres }
    }
}
