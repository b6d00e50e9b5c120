//! Reading `$all`: every event in log order, whatever became of its stream.

use super::{
    event::Position,
    readers::{Events, Page, rows},
    record,
};
use rusqlite::params;

/// Which way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

/// Up to `limit` events after `position` (forwards) or before it (backwards), both exclusive.
pub(crate) fn page(
    page: &mut Page<'_>,
    direction: Direction,
    position: Position,
    limit: usize,
) -> rusqlite::Result<Events> {
    let query = match direction {
        Direction::Forwards => concat!(
            "SELECT ",
            record::columns!(),
            " FROM events WHERE position > ?1 ORDER BY position LIMIT ?2"
        ),
        Direction::Backwards => concat!(
            "SELECT ",
            record::columns!(),
            " FROM events WHERE position < ?1 ORDER BY position DESC LIMIT ?2"
        ),
    };
    page.events(query, params![position, rows(limit)], limit)
}
