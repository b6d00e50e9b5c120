//! What a service of a test's own is to look like.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{database, service::Service};

/// Which Postgres a service gets.
#[derive(Clone, Debug)]
pub(crate) enum Postgres {
    /// A database of its own on the shared server; PGlite where there is none.
    Any,
    /// In the service's process.
    PGlite,
    /// At this address.
    At(String),
}

/// A service to be started. By default: an embedded log, workspaces on PRO, a folder of its own.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) postgres: Postgres,
    pub(crate) data: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        let setup = Self { environment: Vec::new(), postgres: Postgres::Any, data: None };
        // Many services share a machine that other tests keep busy: nobody is put off for that.
        setup.env("DEFAULT_PLAN", "pro").env("LOG", "info").env("LONGEST_WAIT_MS", "60000")
    }
}

impl Setup {
    /// Sets a variable, named without its prefix.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((format!("KEYLEDGER_{name}"), value.into()));
        self
    }

    /// Lets it end by itself when it passes a crash point for the nth time.
    #[must_use]
    pub fn crash_at(mut self, point: &str, nth: u32) -> Self {
        self.environment.retain(|(name, _)| name != CRASH_POINT);
        self.environment.push((CRASH_POINT.to_owned(), format!("{point}:{nth}")));
        self
    }

    /// Uses PGlite, whatever else there is.
    #[must_use]
    pub fn pglite(mut self) -> Self {
        self.postgres = Postgres::PGlite;
        self
    }

    /// Uses the database at this address.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.postgres = Postgres::At(url.into());
        self
    }

    /// Uses the log at this address, with a master key that all nodes of the test share.
    #[must_use]
    pub fn log(self, url: impl Into<String>) -> Self {
        self.env("EVENTSTORE", url).env("MASTER_KEY", MASTER_KEY)
    }

    /// Keeps its data here, and leaves them.
    #[must_use]
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Starts it and waits until it listens.
    pub async fn start(mut self) -> Result<Service> {
        if let (Postgres::Any, Some(server)) = (&self.postgres, database::server()) {
            self.postgres = Postgres::At(database::create(&server).await?);
        }
        if let Postgres::At(url) = &self.postgres {
            self.environment.push(("KEYLEDGER_DATABASE_URL".to_owned(), url.clone()));
        }
        tokio::task::spawn_blocking(move || Service::start(self)).await?
    }
}

/// Read by builds with crash points, and by no other.
const CRASH_POINT: &str = "CRASH_POINT";

/// What opens every log that [`Setup::log`] was told of: 32 bytes that say so, in base64.
pub const MASTER_KEY: &str = "a2V5bGVkZ2VyIHRlc3RzLCBub3QgZm9yIHJlYWwgdXM=";
