//! Why maintenance fails.

use std::{io, path::PathBuf};

/// Why something cannot be done with a log. None of it changed the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("there is no log {}", path.display())]
    Missing {
        /// The database file.
        path: PathBuf,
    },
    /// An import makes a new log, and there is one.
    #[error("{} is there already; an import makes a new log", path.display())]
    Exists {
        /// The database file.
        path: PathBuf,
    },
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] crate::Error),
    /// SQLite cannot read or write.
    #[error("the log cannot be read or written")]
    Storage(#[from] rusqlite::Error),
    /// A record does not fit its checksum.
    #[error("the record at position {position} is damaged; `verify` says what else is")]
    Damaged {
        /// Where it stands.
        position: i64,
    },
    /// The other file, or the pipe, cannot be read or written.
    #[error("the export cannot be read or written")]
    Io(#[from] io::Error),
    /// What is to be imported is no whole export.
    #[error("line {line} of the export: {reason}")]
    Malformed {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}
