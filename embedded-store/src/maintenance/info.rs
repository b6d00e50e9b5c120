//! What a log is, at a glance.

use super::Error;
use crate::log::{clock, offline};
use std::path::Path;
use uuid::Uuid;

/// What a log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// What names the log for ever.
    pub instance: Uuid,
    /// The schema of the file.
    pub schema: i64,
    /// Bytes of the database file.
    pub size: u64,
    /// Bytes of it that the next events can use.
    pub free: u64,
    /// How many events it holds.
    pub events: u64,
    /// How many streams ever had an event.
    pub streams: u64,
    /// Where it ends; no later event gets this position or a smaller one.
    pub end: i64,
    /// When its oldest and its newest event were written (RFC 3339); nothing if it has none.
    pub written: Option<(String, String)>,
}

/// Says what the log `file` is.
pub fn info(file: &Path) -> Result<Info, Error> {
    let log = offline::open(file)?;
    let sql = &log.sql;
    let number = |query: &str| sql.query_row(query, [], |row| row.get(0).map(i64::cast_unsigned));
    let written = sql.query_row("SELECT min(created), max(created) FROM (
            SELECT created FROM events WHERE position = (SELECT min(position) FROM events)
            UNION ALL SELECT created FROM events WHERE position = (SELECT max(position) FROM events))",
        [],
        |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?)),
    )?;
    Ok(Info {
        instance: log.instance,
        schema: sql.pragma_query_value(None, "user_version", |row| row.get(0))?,
        size: number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
        free: number(
            "SELECT freelist_count * page_size FROM pragma_freelist_count(), pragma_page_size()",
        )?,
        events: offline::count(sql)?,
        streams: number("SELECT count(*) FROM streams")?,
        end: log.end,
        written: written.map(|(first, last)| (clock::rfc3339(first), clock::rfc3339(last))),
    })
}
