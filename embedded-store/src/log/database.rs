//! The database's connections: one that writes and a few that read.

use super::{lock::Lock, schema};
use crate::Error;
use rusqlite::{Connection, config::DbConfig};
use std::{
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
    pub(crate) lock: Option<Lock>,
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
        let lock = Lock::take(path)?;
        let mut writer = Connection::open(path)?;
        schema::prepare(&mut writer, path)?;
        // A checkpoint stops all writers for about as long as it has different pages to copy. The longer
        // the write-ahead log, the more of its pages are the same one: here it is 49 MB and stays
        // below the size that it would be cut to.
        writer.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 12000;
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
