//! The database's connections: one that writes, a few that read, and the lock that keeps others out.

use super::schema;
use crate::Error;
use rusqlite::{Connection, config::DbConfig};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

/// How many connections read at the same time.
const READERS: usize = 4;

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 32;

/// How long a write waits for the database: nobody else should have it, so not for long.
const PATIENCE: Duration = Duration::from_millis(100);

/// A connection that several threads use in turn.
pub(crate) type Shared = Arc<Mutex<Connection>>;

/// Where the log lives.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Memory,
}

/// The open database. Dropping it gives the file free.
pub(crate) struct Database {
    pub(crate) writer: Shared,
    /// In memory there is but one connection, and it is the writer's.
    pub(crate) readers: Vec<Shared>,
    pub(crate) lock: Option<File>,
}

impl Database {
    pub(crate) fn open(place: &Place) -> Result<Self, Error> {
        match place {
            Place::File(path) => Self::open_file(path),
            Place::Memory => {
                let mut connection = Connection::open_in_memory()?;
                schema::prepare(&mut connection, Path::new(":memory:"))?;
                let writer = share(connection)?;
                Ok(Self { readers: vec![writer.clone()], writer, lock: None })
            }
        }
    }

    fn open_file(path: &Path) -> Result<Self, Error> {
        let lock = lock(path)?;
        let mut writer = Connection::open(path)?;
        schema::prepare(&mut writer, path)?;
        writer.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -16384;",
        )?;
        writer.busy_timeout(PATIENCE)?;
        let readers = (0..READERS).map(|_| reader(path)).collect::<Result<_, Error>>()?;
        Ok(Self { writer: share(writer)?, readers, lock: Some(lock) })
    }
}

fn reader(path: &Path) -> Result<Shared, Error> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")?;
    share(connection)
}

fn share(connection: Connection) -> Result<Shared, Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else SQLite prepares a statement anew whenever the value of its `LIMIT` has changed, which costs
    // half of what a short read does. There are no statistics that would make a better plan of a value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(Arc::new(Mutex::new(connection)))
}

/// Takes the lock beside the database file; the operating system drops it when the process ends.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&beside)
        .map_err(|source| Error::File { path: beside.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Error::File { path: beside, source }),
    }
}
