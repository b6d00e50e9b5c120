//! Removal: deleting for good what no read of its stream can ever show again.
//!
//! Only a prefix of a stream is ever removed. Of a tombstoned stream the tombstone stays, of any other
//! the number of its last event, so that the numbers go on. `$all` loses what was removed as well.
//! The decision is the writer's own, in the transaction that removes: metadata may have changed.

use super::{
    StreamName,
    event::{NO_EVENT, Position, Revision, TOMBSTONE},
    heads::{self, Pair, StreamKey},
};
use rusqlite::{Connection, OptionalExtension, params};

/// How many events one transaction removes at most.
const EVENTS: u32 = 512;

/// How many bytes of events one transaction removes at most (one event may be larger).
const BYTES: i64 = 2 << 20;

/// A stream, and the first number of it that has to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    key: StreamKey,
    keep_from: Revision,
    last: Revision,
}

/// Whether a stream, or its metastream, has anything to remove.
pub(crate) fn is_due(sql: &Connection, base: &str) -> rusqlite::Result<bool> {
    let pair = Pair::load(sql, base)?;
    for prefix in prefixes(sql, &pair)? {
        if first(sql, prefix.key)?.is_some_and(|first| first < prefix.keep_from) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes some of what is due; returns how many events that were, and nothing once there is no more.
pub(crate) fn remove(
    sql: &Connection,
    stream: &StreamName,
    head: Position,
) -> rusqlite::Result<u32> {
    let pair = Pair::load(sql, stream.base())?;
    let mut removed = 0;
    for prefix in prefixes(sql, &pair)? {
        let due = due(sql, prefix)?;
        for position in &due {
            sql.prepare_cached("DELETE FROM events WHERE position = ?1")?.execute([position])?;
        }
        if !due.is_empty() && first(sql, prefix.key)?.is_none() {
            sql.prepare_cached("INSERT OR REPLACE INTO emptied (stream, last) VALUES (?1, ?2)")?
                .execute(params![prefix.key, prefix.last])?;
        }
        removed += u32::try_from(due.len()).unwrap_or(u32::MAX);
    }
    if removed > 0 {
        // The newest event may be gone, and its position must not be given again.
        sql.prepare_cached("UPDATE log SET floor = max(floor, ?1)")?.execute([head])?;
    }
    Ok(removed)
}

/// What the stream and its metastream need not keep.
fn prefixes(sql: &Connection, pair: &Pair) -> rusqlite::Result<Vec<Prefix>> {
    let Some(row) = pair.row else { return Ok(Vec::new()) };
    let mut prefixes = Vec::with_capacity(2);
    for metastream in [false, true] {
        let (key, last) = (heads::key(row, metastream), pair.last(metastream));
        if last == NO_EVENT {
            continue;
        }
        let keep_from = if pair.standing(metastream).tombstoned {
            TOMBSTONE
        } else {
            let metadata = pair.metadata(metastream);
            let by_number = metadata.first_visible(last);
            match metadata.not_before() {
                i64::MIN => by_number,
                not_before => by_number.max(first_since(sql, key, not_before)?.unwrap_or(last + 1)),
            }
        };
        prefixes.push(Prefix { key, keep_from, last });
    }
    Ok(prefixes)
}

/// Positions of the first events before the one to keep, as many as one transaction takes.
fn due(sql: &Connection, prefix: Prefix) -> rusqlite::Result<Vec<Position>> {
    let mut query = sql.prepare_cached(
        "SELECT position, length(data) + length(metadata) FROM events
         WHERE stream = ?1 AND revision < ?2 ORDER BY revision LIMIT ?3",
    )?;
    let mut rows = query.query(params![prefix.key, prefix.keep_from, EVENTS])?;
    let (mut positions, mut bytes) = (Vec::new(), 0_i64);
    while bytes < BYTES {
        let Some(row) = rows.next()? else { break };
        positions.push(row.get(0)?);
        bytes += row.get::<_, i64>(1)?;
    }
    Ok(positions)
}

fn first(sql: &Connection, key: StreamKey) -> rusqlite::Result<Option<Revision>> {
    sql.prepare_cached("SELECT min(revision) FROM events WHERE stream = ?1")?
        .query_row([key], |row| row.get(0))
}

/// The first event that is not too old: time never runs backwards in the log.
fn first_since(
    sql: &Connection,
    key: StreamKey,
    not_before: i64,
) -> rusqlite::Result<Option<Revision>> {
    sql.prepare_cached(
        "SELECT revision FROM events WHERE stream = ?1 AND created >= ?2
         ORDER BY revision LIMIT 1",
    )?
    .query_row(params![key, not_before], |row| row.get(0))
    .optional()
}

/// The streams after the row `after`, so many of them: row and name.
pub(crate) fn streams(
    sql: &Connection,
    after: i64,
    limit: u32,
) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut query =
        sql.prepare_cached("SELECT id, name FROM streams WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rows = query.query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
