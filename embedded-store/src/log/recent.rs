//! Ids written not long ago, so that an append without an exact revision can be told from its repetition.
//!
//! Best effort, as EventStoreDB's: bounded, and after a restart it knows the log's last events only.

use super::{expected::Written, generations::Generations, heads::StreamKey};
use rusqlite::Connection;
use uuid::Uuid;

/// How many ids are remembered, at least.
const REMEMBERED: usize = 65_536;

/// How many of the log's last events are remembered after a restart.
const AFTER_RESTART: i64 = 4_096;

/// Where ids were written, by stream.
pub(crate) struct Recent {
    remembered: Generations<(StreamKey, Uuid), Written>,
}

impl Recent {
    /// Remembers the end of the log.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut remembered = Generations::new(REMEMBERED);
        let mut query = connection.prepare(
            "SELECT stream, id, revision, position FROM
             (SELECT stream, id, revision, position FROM events ORDER BY position DESC LIMIT ?1)
             ORDER BY position",
        )?;
        let mut rows = query.query([AFTER_RESTART])?;
        while let Some(row) = rows.next()? {
            let written = Written { revision: row.get(2)?, position: row.get(3)? };
            remembered.insert((row.get(0)?, Uuid::from_bytes(row.get(1)?)), written);
        }
        Ok(Self { remembered })
    }

    pub(crate) fn insert(&mut self, stream: StreamKey, id: Uuid, written: Written) {
        self.remembered.insert((stream, id), written);
    }

    pub(crate) fn get(&self, stream: StreamKey, id: Uuid) -> Option<Written> {
        self.remembered.peek(&(stream, id)).copied()
    }

    /// Forgets everything: what was remembered may have been rolled back.
    pub(crate) fn clear(&mut self) {
        self.remembered.clear();
    }
}
