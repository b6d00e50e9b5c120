//! PGlite: PostgreSQL in the process, on one connection.
//!
//! It holds nothing that the log does not, so files that it cannot open are
//! deleted. It listens on a Unix socket that only this user can reach. Its
//! thread ends when a client hangs up at the wrong moment; a watch starts it
//! again on the same socket, so whoever holds the pool need not know.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use pglite_oxide::PgliteServer;
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use tokio::{task::JoinHandle, time};

/// How long a start may take, and the recovery after a kill.
const OPEN: Duration = Duration::from_mins(1);
/// How often the watch looks.
const WATCH: Duration = Duration::from_secs(1);
/// Bytes of write-ahead log that a start after a kill may have to replay; some 70 MB take a second.
const REPLAY: i64 = 32 << 20;
/// Longest path of a socket on Linux, less what the file's name takes (`sockaddr_un`, unix(7)).
const LONGEST_SOCKET_FOLDER: usize = 90;

/// PostgreSQL in the process.
#[derive(Clone, Debug)]
pub(crate) struct Pglite {
    pool: PgPool,
    running: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    server: Arc<Mutex<Option<PgliteServer>>>,
    watch: JoinHandle<()>,
    /// Where the socket lies if the data folder's path is too long for one.
    _socket_folder: Option<tempfile::TempDir>,
}

impl Pglite {
    /// Opens the files in `folder`, or new ones if those cannot be opened.
    pub(crate) async fn start(folder: PathBuf, pool: PgPoolOptions) -> Result<Self> {
        let (socket, socket_folder) = socket_folder(&folder)?;
        let files = Files { folder, socket };
        let server = match files.open().await {
            Ok(server) => server,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "PGlite cannot open its files; they are deleted and rebuilt");
                files.delete()?;
                files.open().await?
            }
        };
        let pool = pool.connect_lazy_with(files.options());
        let server = Arc::new(Mutex::new(Some(server)));
        let watch = tokio::spawn(watch(files, pool.clone(), Arc::clone(&server)));
        let running = Running { server, watch, _socket_folder: socket_folder };
        Ok(Self { pool, running: Arc::new(running) })
    }

    /// The one connection.
    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Stops it, once the pool is closed.
    pub(crate) async fn stop(&self) {
        self.running.watch.abort();
        let server = take(&self.running.server);
        // It waits for its thread, which waits for its client.
        if tokio::task::spawn_blocking(move || drop(server)).await.is_err() {
            tracing::warn!("PGlite did not stop in order");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.abort();
        let server = take(&self.server);
        // Not here: dropping it waits for connections that may outlive us.
        std::thread::spawn(move || drop(server));
    }
}

fn take(server: &Mutex<Option<PgliteServer>>) -> Option<PgliteServer> {
    server.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Starts PGlite again when it is gone.
async fn watch(files: Files, pool: PgPool, server: Arc<Mutex<Option<PgliteServer>>>) {
    let mut ticks = time::interval(WATCH);
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match pool.acquire().await {
            // The pool asked it for an answer before it lent it.
            Ok(mut connection) => {
                if let Err(error) = spare_the_replay(&mut connection).await {
                    tracing::warn!(%error, "PGlite did not make a checkpoint");
                }
                continue;
            }
            Err(sqlx::Error::PoolClosed) => return,
            // Gone, or busy with someone's query: then it still listens.
            Err(_) => {}
        }
        if std::os::unix::net::UnixStream::connect(files.socket_file()).is_ok() {
            continue;
        }
        tracing::warn!("PGlite has stopped; it is started again");
        drop(take(&server));
        match files.open().await {
            Ok(again) => {
                *server.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "PGlite does not start"),
        }
    }
}

/// Makes a checkpoint where a start after a kill would have much to replay: a Postgres that is one
/// process has nobody else for that.
async fn spare_the_replay(connection: &mut PgConnection) -> sqlx::Result<()> {
    let to_replay = sqlx::query_scalar!(
        r#"select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint as "length!"
             from pg_control_checkpoint()"#,
    )
    .fetch_one(&mut *connection)
    .await?;
    if to_replay > REPLAY {
        connection.execute("checkpoint").await?;
    }
    Ok(())
}

/// Where PGlite's files lie.
struct Files {
    folder: PathBuf,
    socket: PathBuf,
}

impl Files {
    /// Starts a server and waits until it has answered a query.
    async fn open(&self) -> Result<PgliteServer> {
        let builder = PgliteServer::builder()
            .path(&self.folder)
            .unix(self.socket_file())
            // With it on, recovery after a kill fails. What is lost is rebuilt.
            .postgres_config("fsync", "off")
            .postgres_config("max_wal_size", "256MB");
        let server = tokio::task::spawn_blocking(move || builder.start())
            .await
            .context("PGlite panicked while it started")??;
        let answer = time::timeout(OPEN, async {
            let mut connection = PgConnection::connect_with(&self.options()).await?;
            connection.ping().await?;
            connection.close().await
        });
        let answer = answer.await.context("PGlite did not answer in time");
        match answer.and_then(|answer| answer.context("PGlite did not answer")) {
            Ok(()) => Ok(server),
            Err(error) => {
                // Its thread may hang, so nothing waits for it.
                std::thread::spawn(move || drop(server));
                Err(error)
            }
        }
    }

    fn delete(&self) -> Result<()> {
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("{} cannot be deleted", self.folder.display()))
    }

    fn socket_file(&self) -> PathBuf {
        self.socket.join(".s.PGSQL.5432")
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(5432)
            .username("postgres")
            .database("template1")
            .ssl_mode(PgSslMode::Disable)
    }
}

/// Returns a folder with a path short enough for a socket, that only this user can enter.
fn socket_folder(folder: &Path) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    let near = folder.with_extension("socket");
    let near = std::path::absolute(&near).context("the data folder has no absolute path")?;
    if near.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
        create_private(&near)?;
        return Ok((near, None));
    }
    let temporary = tempfile::tempdir().context("no folder for the socket")?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn create_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    Ok(())
}

#[cfg(test)]
mod tests;
