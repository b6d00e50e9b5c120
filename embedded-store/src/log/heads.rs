//! Where streams stand, as the writer remembers it, so that an append needs no query.
//!
//! A stream and its metastream are one entry: each one's fate depends on the other.

use super::{
    StreamName,
    event::{NO_EVENT, Revision, TOMBSTONE},
    expected::Standing,
    generations::Generations,
    metadata::StreamMetadata,
};
use rusqlite::{Connection, OptionalExtension};

/// How many streams the writer remembers, at least.
const REMEMBERED: usize = 32_768;

/// The number of a stream in `events.stream`.
pub(crate) type StreamKey = i64;

/// The key of a stream, or of its metastream, whose row in `streams` is `row`.
pub(crate) fn key(row: i64, metastream: bool) -> StreamKey {
    row * 2 + i64::from(metastream)
}

/// A stream and its metastream.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// The row in `streams`, once there is one.
    pub(crate) row: Option<i64>,
    pub(crate) stream: Revision,
    pub(crate) metastream: Revision,
    pub(crate) metadata: StreamMetadata,
}

impl Pair {
    pub(crate) fn last(&self, metastream: bool) -> Revision {
        if metastream { self.metastream } else { self.stream }
    }

    pub(crate) fn standing(&self, metastream: bool) -> Standing {
        Standing {
            last: self.last(metastream),
            tombstoned: self.stream == TOMBSTONE || metastream && self.metastream == TOMBSTONE,
            soft_deleted: !metastream && self.soft_deleted(),
            described: !metastream && self.metastream != NO_EVENT,
        }
    }

    pub(crate) fn soft_deleted(&self) -> bool {
        self.metadata.soft_deleted()
    }

    /// What hides events of the stream, or of the metastream.
    pub(crate) fn metadata(&self, metastream: bool) -> StreamMetadata {
        if metastream { StreamMetadata::OF_METASTREAM } else { self.metadata }
    }

    /// Reads where a stream stands.
    pub(crate) fn load(connection: &Connection, base: &str) -> rusqlite::Result<Self> {
        let row = connection
            .prepare_cached("SELECT id FROM streams WHERE name = ?1")?
            .query_row([base], |row| row.get(0))
            .optional()?;
        let Some(row) = row else {
            return Ok(Self {
                row: None,
                stream: NO_EVENT,
                metastream: NO_EVENT,
                metadata: StreamMetadata::default(),
            });
        };
        let metastream = last(connection, key(row, true))?;
        let metadata = if metastream == NO_EVENT {
            StreamMetadata::default()
        } else {
            StreamMetadata::parse(&newest(connection, key(row, true))?)
        };
        let stream = last(connection, key(row, false))?;
        Ok(Self { row: Some(row), stream, metastream, metadata })
    }
}

/// Number of the last event; a stream whose events were all removed goes on where it was.
fn last(connection: &Connection, stream: StreamKey) -> rusqlite::Result<Revision> {
    let last: Option<Revision> = connection
        .prepare_cached("SELECT max(revision) FROM events WHERE stream = ?1")?
        .query_row([stream], |row| row.get(0))?;
    if let Some(last) = last {
        return Ok(last);
    }
    let emptied = connection
        .prepare_cached("SELECT last FROM emptied WHERE stream = ?1")?
        .query_row([stream], |row| row.get(0))
        .optional()?;
    Ok(emptied.unwrap_or(NO_EVENT))
}

/// The JSON of the newest event of a stream; empty if there is none, or if it is not JSON.
pub(crate) fn newest(connection: &Connection, stream: StreamKey) -> rusqlite::Result<Vec<u8>> {
    let newest = connection
        .prepare_cached(
            "SELECT iif(json, data, x'') FROM events WHERE stream = ?1
             ORDER BY revision DESC LIMIT 1",
        )?
        .query_row([stream], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or_default())
}

/// The writer's memory of streams, by the name of the stream (never of the metastream).
pub(crate) struct Heads {
    remembered: Generations<Box<str>, Pair>,
}

impl Heads {
    pub(crate) fn new() -> Self {
        Self { remembered: Generations::new(REMEMBERED) }
    }

    /// Where the stream stands, from memory or from the database.
    pub(crate) fn get(
        &mut self,
        connection: &Connection,
        name: &StreamName,
    ) -> rusqlite::Result<Pair> {
        if let Some(pair) = self.remembered.get(name.base()) {
            return Ok(pair.clone());
        }
        let pair = Pair::load(connection, name.base())?;
        self.put(name, pair.clone());
        Ok(pair)
    }

    pub(crate) fn put(&mut self, name: &StreamName, pair: Pair) {
        self.remembered.insert(name.base().into(), pair);
    }

    /// Forgets everything: what was remembered may have been rolled back.
    pub(crate) fn clear(&mut self) {
        self.remembered.clear();
    }
}
