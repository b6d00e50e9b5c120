//! Log: a handle on the event log; clones share one connection.

use std::{fmt, sync::Arc, time::Duration};

use domain::Secret;

use crate::{
    ConnectError, Position, Unavailable, connection::Connection, page, queue::Queues,
    remembered::Remembered, scavenge::Scavenging,
};

/// Where the log is, and who we are.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `esdb://user:password@host:port?tls=…`; a list of hosts is a cluster's.
    pub url: Secret<String>,
    /// This node's name, for the metadata.
    pub node: String,
    /// This release's name, for the metadata.
    pub build: &'static str,
    /// How long one operation may take, all its tries together.
    pub deadline: Duration,
}

/// The event log.
#[derive(Clone)]
pub struct Log {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) node: String,
    pub(crate) build: &'static str,
    pub(crate) connection: Connection,
    pub(crate) queues: Queues,
    pub(crate) remembered: Remembered,
    pub(crate) scavenging: Scavenging,
}

impl Log {
    /// Connects, and asks for the head of the log to see that it answers.
    pub async fn connect(config: LogConfig) -> Result<Self, ConnectError> {
        let connection = Connection::new(&config)?;
        let LogConfig { node, build, .. } = config;
        let (queues, remembered) = (Queues::default(), Remembered::default());
        let scavenging = Scavenging::default();
        let inner = Inner { node, build, connection, queues, remembered, scavenging };
        let log = Self { inner: Arc::new(inner) };
        log.head().await?;
        Ok(log)
    }

    /// Returns the position of the newest event of the whole log, system events included; `None`
    /// while it is empty. One read with a deadline, so it also tells whether the log is alive.
    pub async fn head(&self) -> Result<Option<Position>, Unavailable> {
        let end = self.connection().deadline();
        let newest = page::of_all(self.connection(), end, None, page::Direction::Backwards, 1);
        Ok(newest.await?.first().map(|event| event.position.into()))
    }

    /// How long ago the log last answered anything, be it a refusal.
    pub fn last_answer(&self) -> Duration {
        // A log that never answered was not connected, so there is no handle to ask.
        self.connection().last_answer().unwrap_or(Duration::MAX)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.inner.connection
    }
}

impl Log {
    /// This node's name in the history.
    pub fn node(&self) -> &str {
        &self.inner.node
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("node", &self.inner.node).finish_non_exhaustive()
    }
}
