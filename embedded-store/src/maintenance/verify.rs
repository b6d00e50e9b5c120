//! Verifying: whether the file is whole, and every record what was written.

use super::{Count, Error, Progress};
use crate::log::{event::TOMBSTONE, offline};
use rusqlite::Connection;
use std::path::Path;

/// How many problems are told at most.
const TOLD: u32 = 100;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many events were looked at.
    pub events: u64,
    /// What is wrong, a hundred things at most; nothing means that the log is whole.
    pub problems: Vec<String>,
}

/// Looks at the whole file: SQLite's own check, every record's checksum, every stream's numbers.
pub fn verify(file: &Path, tell: &mut dyn FnMut(Progress)) -> Result<Verdict, Error> {
    let log = offline::open(file)?;
    let mut problems = integrity(&log.sql)?;
    let mut count = Count::new(offline::count(&log.sql).ok(), tell);
    let mut found = |problem: String| {
        if problems.len() < TOLD as usize {
            problems.push(problem);
        }
    };
    let (mut last, end) = (0, log.end);
    let read = offline::each(&log.sql, |record, intact| {
        count.one_more();
        match record {
            Ok(record) => {
                let position = record.position;
                if !intact {
                    found(format!("the record at position {position} does not fit its checksum"));
                }
                if position <= last || position > end {
                    found(format!("the record at position {position} is out of order"));
                }
                last = position;
            }
            Err(error) => found(format!("a record cannot be read: {error}")),
        }
        Ok::<_, Error>(())
    });
    if let Err(error) = read {
        found(format!("the records cannot be read to their end: {error}"));
    }
    match gaps(&log.sql) {
        Ok(gaps) => gaps.into_iter().for_each(&mut found),
        Err(error) => found(format!("the streams cannot be read: {error}")),
    }
    Ok(Verdict { events: count.end(), problems })
}

fn integrity(sql: &Connection) -> Result<Vec<String>, Error> {
    let mut check = sql.prepare("PRAGMA integrity_check")?;
    let mut problems = Vec::new();
    let mut rows = check.query([])?;
    loop {
        match rows.next() {
            Ok(Some(row)) => match row.get_ref(0)?.as_str() {
                Ok("ok") | Err(_) => {}
                Ok(problem) => problems.push(format!("SQLite: {problem}")),
            },
            Ok(None) => return Ok(problems),
            Err(error) => {
                problems.push(format!("SQLite: {error}"));
                return Ok(problems);
            }
        }
    }
}

/// Streams whose numbers are not one after the other.
fn gaps(sql: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = sql.prepare(
        "SELECT stream, max(revision) - min(revision) + 1 - count(*) AS missing FROM events
         WHERE revision < ?1 GROUP BY stream HAVING missing <> 0 LIMIT ?2",
    )?;
    let rows = query.query_map((TOMBSTONE, TOLD), |row| {
        let (stream, missing): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(format!("the stream with the key {stream} lacks {missing} events in between"))
    })?;
    rows.collect()
}
