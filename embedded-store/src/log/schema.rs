//! The database: its tables, and whether a file is one of ours.

use crate::Error;
use rusqlite::{Connection, params};
use std::path::Path;
use uuid::Uuid;

/// Marks the file as a log of ours, in SQLite's header ("EVST").
const APPLICATION: i64 = 0x4556_5354;

/// The schema that this release writes.
const VERSION: i64 = 2;

/// What schema 2 added: the last number of streams whose events a scavenge has all removed.
const EMPTIED: &str = "
    CREATE TABLE emptied (
        stream INTEGER PRIMARY KEY,
        last INTEGER NOT NULL
    ) STRICT;
";

/// `events.stream` is twice the row of `streams`, plus one for its metastream.
const TABLES: &str = "
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        id BLOB NOT NULL,
        created INTEGER NOT NULL,
        type TEXT NOT NULL,
        json INTEGER NOT NULL,
        metadata BLOB NOT NULL,
        data BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
    CREATE TABLE log (
        instance BLOB NOT NULL,
        floor INTEGER NOT NULL
    ) STRICT;
";

/// Makes the tables of a new file; refuses a file that is not ours, or newer than this release.
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => create(connection),
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, 1) => upgrade(connection),
        (APPLICATION, found) => Err(Error::NewerSchema { found, known: VERSION }),
        _ => Err(Error::Foreign { path: path.to_owned() }),
    }
}

/// Free pages can be given back a few at a time only if the file says so from its first page on.
const VACUUM: &str = "PRAGMA auto_vacuum = INCREMENTAL;";

fn create(connection: &mut Connection) -> Result<(), Error> {
    connection.execute_batch(VACUUM)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(EMPTIED)?;
    transaction.execute(
        "INSERT INTO log (instance, floor) VALUES (?1, 0)",
        params![crate::id::fresh().as_bytes()],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

fn upgrade(connection: &mut Connection) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(EMPTIED)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    // Rewrites the file, once. Killed before that, the log works as well, and keeps its free pages.
    connection.execute_batch(VACUUM)?;
    Ok(connection.execute_batch("VACUUM")?)
}

/// What names this log for ever.
pub(crate) fn instance(connection: &Connection) -> rusqlite::Result<Uuid> {
    connection.query_row("SELECT instance FROM log", [], |row| row.get(0).map(Uuid::from_bytes))
}

/// Where the log ends.
pub(crate) fn head(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT max(floor, ifnull((SELECT max(position) FROM events), 0)) FROM log",
        [],
        |row| row.get(0),
    )
}

/// How large the database is, in bytes.
pub(crate) fn size(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0).map(i64::cast_unsigned),
    )
}
