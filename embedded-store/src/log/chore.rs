//! Chores: what the writer does for a scavenge between two groups of writes, each in little time.

use super::{StreamName, event::Position, removal, schema};
use rusqlite::{Connection, TransactionBehavior};

/// How many pages of the file one chore gives back.
const PAGES: u32 = 256;

/// Up to which size a log is written anew, in bytes: that takes well under a second.
const SMALL: u64 = 64 << 20;

/// A little work for the writer.
#[derive(Debug)]
pub(crate) enum Chore {
    /// Removes some events that no read of their stream shows; says how many.
    Remove(StreamName),
    /// Gives some free pages back to the file system; says how many are left.
    GiveBack,
    /// Writes every page of a small log anew; says 0. SQLite leaves copies of records that it moves within a
    /// page, where nothing else ever overwrites them. Of a large log that would keep writers waiting.
    Rewrite,
    /// Moves the write-ahead log into the file and empties it; says 0, or 1 if a reader was in the way.
    Checkpoint,
}

impl Chore {
    /// Does it, on a log that ends at `head`.
    pub(crate) fn run(self, sql: &mut Connection, head: Position) -> rusqlite::Result<u32> {
        match self {
            Self::Remove(stream) => {
                let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let removed = removal::remove(&transaction, &stream, head)?;
                transaction.commit()?;
                Ok(removed)
            }
            Self::GiveBack => {
                let mut pages = sql.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                let mut rows = pages.query([])?;
                while rows.next()?.is_some() {}
                drop(rows);
                drop(pages);
                sql.pragma_query_value(None, "freelist_count", |row| row.get(0))
            }
            Self::Rewrite => {
                let in_a_file = sql.path().is_some_and(|path| !path.is_empty());
                if in_a_file && schema::size(sql)? <= SMALL {
                    sql.execute_batch("VACUUM")?;
                }
                Ok(0)
            }
            Self::Checkpoint => checkpoint(sql),
        }
    }
}

/// Gives what is in the write-ahead log to the database, so that the file alone is the whole log.
/// Says 1 if somebody was reading.
pub(crate) fn checkpoint(sql: &Connection) -> rusqlite::Result<u32> {
    sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
}
