//! Bare SQLite: rows of an event's size and indexes, committed durably in groups.

use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};

/// Rows committed a second in groups of `group`, each of `size` bytes beside what describes it.
pub(crate) fn measure(group: usize, size: usize, duration: Duration) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let mut sql = Connection::open(folder.path().join("limit.db"))?;
    sql.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL,
             revision INTEGER NOT NULL, id BLOB NOT NULL, created INTEGER NOT NULL,
             type TEXT NOT NULL, data BLOB NOT NULL) STRICT;
         CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);",
    )?;
    let (begun, data) = (Instant::now(), vec![b'x'; size]);
    let mut rows = 0_i64;
    while begun.elapsed() < duration {
        let transaction = sql.transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, 'measured', ?6)")?;
            for _ in 0..group.max(1) {
                rows += 1;
                insert.execute(params![rows * 700, rows, 0, [0_u8; 16], rows, data])?;
            }
        }
        transaction.commit()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let rate = rows as f64 / begun.elapsed().as_secs_f64();
    Ok(rate)
}
