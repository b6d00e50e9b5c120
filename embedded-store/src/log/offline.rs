//! The log without a server: opened for maintenance, read record by record, made anew.

use super::{
    Lock, StreamName,
    event::{Position, Recorded, Revision},
    generations::Generations,
    heads, record, schema,
};
use crate::maintenance::Error;
use rusqlite::{Connection, OptionalExtension, params};
use std::{fs::File, path::Path};
use uuid::Uuid;

/// A log that nobody else can open meanwhile.
pub(crate) struct OpenLog {
    pub(crate) sql: Connection,
    pub(crate) instance: Uuid,
    pub(crate) end: Position,
    _lock: Lock,
}

/// Opens a log that is there.
pub(crate) fn open(file: &Path) -> Result<OpenLog, Error> {
    if !file.exists() {
        return Err(Error::Missing { path: file.into() });
    }
    let lock = Lock::take(file)?;
    let mut sql = Connection::open(file)?;
    schema::prepare(&mut sql, file)?;
    let (instance, end) = (schema::instance(&sql)?, schema::head(&sql)?);
    Ok(OpenLog { sql, instance, end, _lock: lock })
}

/// How many events there are.
pub(crate) fn count(sql: &Connection) -> rusqlite::Result<u64> {
    sql.query_row("SELECT count(*) FROM events", [], |row| row.get(0).map(i64::cast_unsigned))
}

/// Hands over every record in the log's order, and whether it fits its checksum.
pub(crate) fn each<E: From<rusqlite::Error>>(
    sql: &Connection,
    mut with: impl FnMut(rusqlite::Result<Recorded>, bool) -> Result<(), E>,
) -> Result<(), E> {
    let mut query = sql.prepare(concat!(
        "SELECT ",
        record::columns!(),
        ", checksum, (SELECT name FROM streams WHERE streams.id = events.stream / 2)",
        " FROM events ORDER BY position"
    ))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let key = record::stream(row)?;
        let read = row
            .get_ref(10)
            .and_then(|name| Ok(StreamName::stored(name.as_str()?, key % 2 == 1)))
            .and_then(|name| record::read(row, name));
        let checksum: rusqlite::Result<u32> = row.get(9);
        let intact = matches!(
            (&read, checksum),
            (Ok(event), Ok(checksum)) if record::checksum(key, event) == checksum
        );
        with(read, intact)?;
    }
    Ok(())
}

/// How many names a new log remembers, at least.
const NAMES: usize = 65_536;

/// How many events a new log commits together.
const BATCH: u32 = 10_000;

/// A log that is being made of records. Until it is finished it is of no use, and a crash leaves
/// nothing that could be opened by mistake: it has another name then.
pub(crate) struct NewLog {
    sql: Connection,
    names: Generations<Box<str>, i64>,
    pending: u32,
}

impl NewLog {
    pub(crate) fn create(file: &Path, instance: Uuid, end: Position) -> Result<Self, Error> {
        if file.exists() {
            std::fs::remove_file(file)?;
        }
        let mut sql = Connection::open(file)?;
        schema::prepare(&mut sql, file)?;
        sql.execute("UPDATE log SET instance = ?1, floor = ?2", params![instance.as_bytes(), end])?;
        sql.pragma_update(None, "journal_mode", "OFF")?;
        sql.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
        Ok(Self { sql, names: Generations::new(NAMES), pending: 0 })
    }

    pub(crate) fn add(&mut self, event: &Recorded) -> Result<(), Error> {
        let key = self.key(&event.stream)?;
        record::insert(&self.sql, key, event)?;
        self.pending += 1;
        if self.pending == BATCH {
            self.sql.execute_batch("COMMIT; BEGIN")?;
            self.pending = 0;
        }
        Ok(())
    }

    pub(crate) fn emptied(&mut self, stream: &StreamName, last: Revision) -> Result<(), Error> {
        let key = self.key(stream)?;
        self.sql.execute("INSERT INTO emptied (stream, last) VALUES (?1, ?2)", [key, last])?;
        Ok(())
    }

    fn key(&mut self, stream: &StreamName) -> rusqlite::Result<i64> {
        let base = stream.base();
        let row = if let Some(row) = self.names.get(base) {
            *row
        } else {
            let row = self.row(base)?;
            self.names.insert(base.into(), row);
            row
        };
        Ok(heads::key(row, stream.is_metastream()))
    }

    fn row(&self, base: &str) -> rusqlite::Result<i64> {
        let known = self
            .sql
            .prepare_cached("SELECT id FROM streams WHERE name = ?1")?
            .query_row([base], |row| row.get(0))
            .optional()?;
        match known {
            Some(row) => Ok(row),
            None => {
                self.sql.prepare_cached("INSERT INTO streams (name) VALUES (?1)")?.insert([base])
            }
        }
    }

    /// Brings it to the disk.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let path = self.sql.path().map(ToOwned::to_owned);
        self.sql.execute_batch("COMMIT")?;
        self.sql.close().map_err(|(_, error)| error)?;
        if let Some(path) = path {
            File::open(path)?.sync_all()?;
        }
        Ok(())
    }
}
