//! Reading one stream: where it stands, the events that its metadata leaves visible.

use super::{
    StreamName,
    event::{NO_EVENT, Revision, TOMBSTONE},
    heads::{self, Pair, StreamKey},
    read_all::Direction,
    readers::{Events, Page, rows},
    record,
};
use rusqlite::{OptionalExtension, params};

/// A stream that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readable {
    key: StreamKey,
    /// Number of the last event, visible or not.
    pub(crate) last: Revision,
    /// The first number that its metadata leaves visible.
    pub(crate) first: Revision,
    /// Only events created since then are visible, in ticks.
    not_before: i64,
}

/// Whether a stream can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It never had an event, or is softly deleted.
    Absent,
    /// It is gone for good.
    Tombstoned,
    Readable(Readable),
}

/// Finds out where a stream stands.
pub(crate) fn state(page: &Page<'_>, stream: &StreamName) -> rusqlite::Result<State> {
    let pair = Pair::load(page.sql, stream.base())?;
    let metastream = stream.is_metastream();
    let standing = pair.standing(metastream);
    let Some(row) = pair.row else { return Ok(State::Absent) };
    if standing.tombstoned {
        return Ok(State::Tombstoned);
    }
    if standing.soft_deleted || standing.last == NO_EVENT {
        return Ok(State::Absent);
    }
    let metadata = pair.metadata(metastream);
    Ok(State::Readable(Readable {
        key: heads::key(row, metastream),
        last: standing.last,
        first: metadata.first_visible(standing.last),
        not_before: metadata.not_before(),
    }))
}

/// Up to `limit` visible events from `revision` on, inclusive.
pub(crate) fn page(
    page: &mut Page<'_>,
    stream: Readable,
    direction: Direction,
    revision: Revision,
    limit: usize,
) -> rusqlite::Result<Events> {
    match direction {
        Direction::Forwards => page.events(
            concat!(
                "SELECT ",
                record::columns!(),
                " FROM events WHERE stream = ?1 AND revision >= ?2 AND created >= ?3",
                " ORDER BY revision LIMIT ?4"
            ),
            params![stream.key, revision.max(stream.first), stream.not_before, rows(limit)],
            limit,
        ),
        Direction::Backwards => page.events(
            concat!(
                "SELECT ",
                record::columns!(),
                " FROM events WHERE stream = ?1 AND revision BETWEEN ?2 AND ?3",
                " AND created >= ?4 ORDER BY revision DESC LIMIT ?5"
            ),
            params![
                stream.key,
                stream.first,
                revision.min(stream.last),
                stream.not_before,
                rows(limit)
            ],
            limit,
        ),
    }
}

/// Where reading from `start` on really begins, if the first page of `page_size` numbers has nothing
/// to show: a genuine server tells only then.
pub(crate) fn jump(
    page: &Page<'_>,
    stream: Readable,
    start: Revision,
    page_size: Revision,
) -> rusqlite::Result<Option<Revision>> {
    let beyond = start.saturating_add(page_size);
    let next = if start > stream.last {
        stream.last + 1
    } else if beyond <= stream.first {
        stream.first
    } else {
        first_readable(page, stream, start)?.unwrap_or(stream.last + 1)
    };
    let empty = next >= beyond || next > stream.last;
    Ok((empty && next != start).then_some(next))
}

fn first_readable(
    page: &Page<'_>,
    stream: Readable,
    start: Revision,
) -> rusqlite::Result<Option<Revision>> {
    page.sql
        .prepare_cached(
            "SELECT revision FROM events WHERE stream = ?1 AND revision >= ?2 AND created >= ?3
             ORDER BY revision LIMIT 1",
        )?
        .query_row(params![stream.key, start.max(stream.first), stream.not_before], |row| {
            row.get(0)
        })
        .optional()
}

/// Number of the last event of a stream, whatever became of it.
pub(crate) fn last(page: &Page<'_>, stream: &StreamName) -> rusqlite::Result<Revision> {
    Ok(Pair::load(page.sql, stream.base())?.last(stream.is_metastream()))
}

/// The tombstone of a stream that was deleted for good.
pub(crate) fn tombstone(page: &mut Page<'_>, stream: &StreamName) -> rusqlite::Result<Events> {
    let pair = Pair::load(page.sql, stream.base())?;
    let key = pair.row.map(|row| heads::key(row, stream.is_metastream()));
    page.events(
        concat!("SELECT ", record::columns!(), " FROM events WHERE stream = ?1 AND revision = ?2"),
        params![key, TOMBSTONE],
        1,
    )
}
