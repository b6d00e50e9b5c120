//! Database: the Postgres that holds the read models, a server's or the one in the process.
//!
//! Both run the same SQL. A server may go away and come back: connections are
//! made when they are needed, so nothing has to be started again.

use std::{path::PathBuf, str::FromStr, time::Duration};

use domain::Secret;
use sqlx::{
    Connection as _, Executor, PgConnection, PgPool, Postgres,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::model;
#[cfg(feature = "embedded")]
use crate::pglite::Pglite;

/// The tables that no read model owns; run in order, each once, never changed afterwards.
fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("../migrations");
    // The release before this one must still start.
    migrations.set_ignore_missing(true);
    // No schema of ours, since the names in those are found without one.
    migrations.dangerous_set_table_name("public._sqlx_migrations");
    migrations
}

/// Which Postgres to use.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `postgres://…`; without one, PGlite is started in `data_dir`.
    pub url: Option<Secret<String>>,
    /// Where PGlite keeps its files, in a folder `pglite`.
    pub data_dir: PathBuf,
    /// Connections for queries; a server's only, PGlite has a single one for everything.
    pub connections: u32,
}

/// Why there is no database to speak to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The connection string; it is not shown, since it may hold a password.
    #[error("the connection string of the database is not valid")]
    Url,
    #[error("PGlite is not part of this build; a database server must be named")]
    NotEmbedded,
    #[error("PGlite does not start")]
    Pglite(#[source] anyhow::Error),
}

/// A Postgres, and the connections to it.
#[derive(Clone, Debug)]
pub struct Database {
    queries: PgPool,
    projecting: PgPool,
    #[cfg(feature = "embedded")]
    pglite: Option<Pglite>,
}

impl Database {
    /// Opens what `config` names. A server need not be up yet.
    pub async fn open(config: DatabaseConfig) -> Result<Self, OpenError> {
        let Some(url) = &config.url else { return Self::embedded(&config).await };
        let options = PgConnectOptions::from_str(url.expose()).map_err(|_| OpenError::Url)?;
        let lazy = |pool: PgPoolOptions| {
            pool.acquire_timeout(Duration::from_secs(1)).connect_lazy_with(options.clone())
        };
        Ok(Self {
            // A query is one statement, which leaves nothing behind.
            queries: lazy(pool_options(config.connections.max(1))),
            // The runner, a rebuild and a comparison, each with one.
            projecting: lazy(clearing(pool_options(3))),
            #[cfg(feature = "embedded")]
            pglite: None,
        })
    }

    #[cfg(feature = "embedded")]
    async fn embedded(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let pglite = Pglite::start(config.data_dir.join("pglite"), pglite_options())
            .await
            .map_err(OpenError::Pglite)?;
        let pool = pglite.pool().clone();
        Ok(Self { queries: pool.clone(), projecting: pool, pglite: Some(pglite) })
    }

    #[cfg(not(feature = "embedded"))]
    async fn embedded(_: &DatabaseConfig) -> Result<Self, OpenError> {
        Err(OpenError::NotEmbedded)
    }

    /// Whether Postgres answers.
    pub async fn is_up(&self) -> bool {
        sqlx::query_scalar!("select 1").fetch_one(&self.queries).await.is_ok()
    }

    /// Brings the tables that no read model owns up to this release.
    ///
    /// Of nodes that start at once one does it, and the others may have to ask again; each file
    /// runs in a transaction of its own.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        let mut connection = self.patiently().await?;
        let outcome = migrations().run_direct(None, &mut *connection, false).await;
        drop(connection);
        self.warn_of_unsafe_settings().await?;
        outcome
    }

    /// A connection, also where the only one is in the middle of long batches.
    async fn patiently(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        let tries = if self.is_embedded() { 4 } else { 1 };
        for _ in 1..tries {
            match self.projecting.acquire().await {
                Err(sqlx::Error::PoolTimedOut) => {}
                outcome => return outcome,
            }
        }
        self.projecting.acquire().await
    }

    /// Says so when a crash of the server's machine would cost a rebuild.
    async fn warn_of_unsafe_settings(&self) -> sqlx::Result<()> {
        if self.is_embedded() {
            return Ok(());
        }
        let off = sqlx::query_scalar!(
            r#"select name as "name!" from pg_settings
                where name in ('fsync', 'full_page_writes') and setting = 'off'"#
        )
        .fetch_all(&self.projecting)
        .await?;
        for setting in off {
            tracing::warn!(setting, "the database server may lose or damage tables in a crash");
        }
        Ok(())
    }

    fn is_embedded(&self) -> bool {
        #[cfg(feature = "embedded")]
        return self.pglite.is_some();
        #[cfg(not(feature = "embedded"))]
        return false;
    }

    /// Closes all connections, and stops PGlite.
    pub async fn close(&self) {
        self.queries.close().await;
        self.projecting.close().await;
        #[cfg(feature = "embedded")]
        if let Some(pglite) = &self.pglite {
            pglite.stop().await;
        }
    }

    /// For queries.
    pub(crate) const fn queries(&self) -> &PgPool {
        &self.queries
    }

    /// For what writes; apart from the queries, so that neither starves the other.
    pub(crate) const fn projecting(&self) -> &PgPool {
        &self.projecting
    }
}

#[cfg(feature = "embedded")]
fn pglite_options() -> PgPoolOptions {
    // A query waits for the batch that is being applied.
    clearing(pool_options(1))
        .acquire_timeout(Duration::from_secs(3))
        // It ends when somebody hangs up at the wrong moment, and the question costs little.
        .test_before_acquire(true)
        .max_lifetime(None)
        .idle_timeout(None)
}

/// How long a connection rests before it is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

fn pool_options(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .after_connect(|connection, _| Box::pin(prepare(connection)))
        // In a busy pool each question would cost as much as what is looked for.
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move { Ok(rest.idle_for <= RESTED || connection.ping().await.is_ok()) })
        })
}

/// Connections that carry neither a transaction nor a lock from one borrower to the next.
fn clearing(options: PgPoolOptions) -> PgPoolOptions {
    // A `begin` that was cancelled leaves its transaction open, and what the next borrower
    // writes is lost with it (transact-rs/sqlx#4385); a migration leaves its lock.
    options.after_release(|connection, _| {
        Box::pin(async move {
            connection.execute("rollback; select pg_advisory_unlock_all()").await.map(|_| true)
        })
    })
}

async fn prepare(connection: &mut PgConnection) -> sqlx::Result<()> {
    // Names of tables are not qualified: live rows are found by this path, others by a path that
    // a transaction sets for itself.
    let path = model::all().iter().map(|model| model.name).collect::<Vec<_>>().join(", ");
    let settings = format!(
        "set search_path = {path}; set timezone = 'UTC'; set client_min_messages = error;
         set statement_timeout = '5s'; set lock_timeout = '2s';
         set idle_in_transaction_session_timeout = '5s'"
    );
    connection.execute(sqlx::AssertSqlSafe(settings)).await?;
    Ok(())
}
