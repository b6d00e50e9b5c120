//! A group of writes that commit together: what each one decides and inserts.
//!
//! Later writes of the group see what earlier ones did.

use super::{
    StreamName, clock,
    event::{
        EMPTY_RECORD, METADATA_TYPE, NO_EVENT, Position, Proposed, Recorded, Revision, TOMBSTONE,
        TOMBSTONE_TYPE, record_size,
    },
    expected::{Decision, Expected, History, Written},
    heads::{self, Heads, Pair, StreamKey},
    metadata::{self, StreamMetadata},
    recent::Recent,
    record,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// An append that succeeded, perhaps earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    /// Number of the last event; `NO_EVENT` if the stream has none.
    pub(crate) revision: Revision,
    /// Where that event stands; unknown if it is no longer visible.
    pub(crate) position: Option<Position>,
}

/// Why a write is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the stream is at revision {current}")]
    Conflict { current: Revision },
    #[error("the stream is deleted")]
    Deleted,
    /// The disk or SQLite failed; nothing was written.
    #[error("the log cannot be written: {0}")]
    Storage(String),
    #[error("the log is closed")]
    Closed,
}

/// What a write is answered with; the outer error is the database's, and fails the whole group.
pub(crate) type Answer = rusqlite::Result<Result<Appended, Refusal>>;

/// The writes of one transaction.
pub(crate) struct Group<'a> {
    pub(crate) sql: &'a Connection,
    pub(crate) heads: &'a mut Heads,
    pub(crate) recent: &'a mut Recent,
    /// Where the log ends.
    pub(crate) head: Position,
    /// The time of every event of the group, in ticks.
    pub(crate) created: i64,
    /// What was inserted, in order.
    pub(crate) inserted: Vec<Arc<Recorded>>,
}

impl Group<'_> {
    /// Appends events, as the decision table has it.
    pub(crate) fn append(
        &mut self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Answer {
        let mut pair = self.heads.get(self.sql, stream)?;
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        match self.decide(&pair, stream, expected, &ids)? {
            Decision::Deleted => Ok(Err(Refusal::Deleted)),
            Decision::Conflict => {
                Ok(Err(Refusal::Conflict { current: pair.last(stream.is_metastream()) }))
            }
            Decision::AlreadyWritten(written) => Ok(Ok(repeated(&pair, stream, written))),
            Decision::Write if events.is_empty() => {
                self.write_nothing()?;
                let revision = pair.last(stream.is_metastream());
                Ok(Ok(Appended { revision, position: Some(self.head) }))
            }
            Decision::Write => {
                let before = pair.clone();
                let mut revision = pair.last(stream.is_metastream());
                for event in events {
                    revision += 1;
                    self.insert(&mut pair, stream, revision, event)?;
                }
                let appended = Appended { revision, position: Some(self.head) };
                if before.soft_deleted() {
                    self.restore(&mut pair, stream, before.stream)?;
                }
                self.heads.put(stream, pair);
                Ok(Ok(appended))
            }
        }
    }

    /// Deletes a stream until it is written again: its metadata hides every event.
    pub(crate) fn delete(&mut self, stream: &StreamName, expected: Expected) -> Answer {
        let pair = self.heads.get(self.sql, stream)?;
        if let Some(refusal) = self.refuse_removal(&pair, stream, expected)? {
            return Ok(Err(refusal));
        }
        let standing = pair.standing(stream.is_metastream());
        if standing.last == NO_EVENT && !standing.described {
            return Ok(Err(Refusal::Conflict { current: NO_EVENT }));
        }
        let metastream = stream.metastream();
        self.describe(&metastream, metadata::deleting())?;
        Ok(Ok(Appended { revision: standing.last, position: Some(self.head) }))
    }

    /// Deletes a stream and its metastream for good.
    pub(crate) fn tombstone(&mut self, stream: &StreamName, expected: Expected) -> Answer {
        let mut pair = self.heads.get(self.sql, stream)?;
        if let Some(refusal) = self.refuse_removal(&pair, stream, expected)? {
            return Ok(Err(refusal));
        }
        self.insert(&mut pair, stream, TOMBSTONE, system_event(TOMBSTONE_TYPE, None))?;
        self.heads.put(stream, pair);
        Ok(Ok(Appended { revision: TOMBSTONE, position: Some(self.head) }))
    }

    /// A removal is decided as an append of one event that nobody has seen before.
    fn refuse_removal(
        &self,
        pair: &Pair,
        stream: &StreamName,
        expected: Expected,
    ) -> rusqlite::Result<Option<Refusal>> {
        Ok(match self.decide(pair, stream, expected, &[crate::id::fresh()])? {
            Decision::Write | Decision::AlreadyWritten(_) => None,
            Decision::Deleted => Some(Refusal::Deleted),
            Decision::Conflict => {
                Some(Refusal::Conflict { current: pair.last(stream.is_metastream()) })
            }
        })
    }

    fn decide(
        &self,
        pair: &Pair,
        stream: &StreamName,
        expected: Expected,
        ids: &[Uuid],
    ) -> rusqlite::Result<Decision> {
        let key = pair.row.map(|row| heads::key(row, stream.is_metastream()));
        let past = Past { sql: self.sql, recent: self.recent, key };
        expected.decide(pair.standing(stream.is_metastream()), ids, &past)
    }

    /// Brings a softly deleted stream back, its events visible from the first new one.
    fn restore(
        &mut self,
        pair: &mut Pair,
        written: &StreamName,
        last_deleted: Revision,
    ) -> rusqlite::Result<()> {
        let metastream =
            if written.is_metastream() { written.clone() } else { written.metastream() };
        let newest = match pair.row {
            Some(row) => heads::newest(self.sql, heads::key(row, true))?,
            None => Vec::new(),
        };
        let json = metadata::restoring(&newest, last_deleted + 1);
        let revision = pair.metastream + 1;
        self.insert(pair, &metastream, revision, system_event(METADATA_TYPE, Some(json)))
    }

    /// Appends a metadata event of the server's own.
    fn describe(&mut self, metastream: &StreamName, json: Vec<u8>) -> rusqlite::Result<()> {
        let mut pair = self.heads.get(self.sql, metastream)?;
        let revision = pair.metastream + 1;
        self.insert(&mut pair, metastream, revision, system_event(METADATA_TYPE, Some(json)))?;
        self.heads.put(metastream, pair);
        Ok(())
    }

    fn insert(
        &mut self,
        pair: &mut Pair,
        stream: &StreamName,
        revision: Revision,
        event: Proposed,
    ) -> rusqlite::Result<()> {
        let row = match pair.row {
            Some(row) => row,
            None => *pair.row.insert(self.name(stream)?),
        };
        let key = heads::key(row, stream.is_metastream());
        self.head += record_size(stream, &event);
        let recorded = Recorded {
            position: self.head,
            stream: stream.clone(),
            revision,
            id: event.id,
            created: self.created,
            event_type: event.event_type.into(),
            is_json: event.is_json,
            data: event.data,
            metadata: event.metadata,
            encoded: OnceLock::new(),
        };
        record::insert(self.sql, key, &recorded)?;
        if stream.is_metastream() {
            pair.metastream = revision;
            let json = if recorded.is_json { &recorded.data[..] } else { &[] };
            pair.metadata = StreamMetadata::parse(json);
        } else {
            pair.stream = revision;
        }
        self.recent.insert(key, recorded.id, Written { revision, position: self.head });
        self.inserted.push(Arc::new(recorded));
        Ok(())
    }

    /// Gives a new stream its row.
    fn name(&self, stream: &StreamName) -> rusqlite::Result<i64> {
        self.sql.prepare_cached("INSERT INTO streams (name) VALUES (?1)")?.insert([stream.base()])
    }

    /// An empty append has a position too, which must not be given again after a restart.
    fn write_nothing(&mut self) -> rusqlite::Result<()> {
        self.head += EMPTY_RECORD;
        self.sql.prepare_cached("UPDATE log SET floor = ?1")?.execute([self.head])?;
        Ok(())
    }
}

fn system_event(event_type: &str, json: Option<Vec<u8>>) -> Proposed {
    Proposed {
        id: crate::id::fresh(),
        event_type: event_type.into(),
        is_json: json.is_some(),
        data: json.unwrap_or_default().into(),
        metadata: Bytes::new(),
    }
}

/// The answer to a repetition: where the events stand, if they are still visible.
fn repeated(pair: &Pair, stream: &StreamName, written: Written) -> Appended {
    let metadata = pair.metadata(stream.is_metastream());
    let first = metadata.first_visible(pair.last(stream.is_metastream()));
    let visible = written.revision >= first;
    Appended { revision: written.revision, position: visible.then_some(written.position) }
}

/// What one stream holds, as the group sees it.
struct Past<'a> {
    sql: &'a Connection,
    recent: &'a Recent,
    /// Absent for a stream without any event.
    key: Option<StreamKey>,
}

impl History for Past<'_> {
    type Error = rusqlite::Error;

    fn at(&self, revision: Revision) -> rusqlite::Result<Option<(Uuid, Position)>> {
        self.sql
            .prepare_cached("SELECT id, position FROM events WHERE stream = ?1 AND revision = ?2")?
            .query_row(params![self.key, revision], |row| {
                Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?))
            })
            .optional()
    }

    fn recent(&self, id: Uuid) -> Option<Written> {
        self.recent.get(self.key?, id)
    }
}

/// The time of a group: now, but never before the events that are there.
pub(crate) fn time(last: i64) -> i64 {
    clock::now().max(last)
}
