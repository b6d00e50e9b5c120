//! Errors of the log: whose fault it is, in one place.
//!
//! A broken rule is the caller's, a conflict is nobody's, the rest is ours or
//! the log's. No text here holds the connection string.

use crate::Unreadable;

/// Why a command was not carried out, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    #[error("the command was rejected")]
    Rejected(#[source] R),
    /// The stream is not at the revision that the caller expects; `None`: it is empty.
    #[error("the stream has changed since the caller looked")]
    VersionConflict { current: Option<u64> },
    /// Other writers were faster at every try.
    #[error("the stream kept changing while the command was decided")]
    Contended,
    /// A fault of ours: a field that was opened for reading must not be written.
    #[error("what was decided can not be written")]
    Unwritable(#[source] serde_json::Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl<R> From<ReadError> for ExecuteError<R> {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable(error) => Self::Unreadable(error),
            ReadError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

/// The log did not answer within the deadline, or not with what was asked.
///
/// After an append the outcome is unknown: the same command with the same command id finds out.
#[derive(Debug, thiserror::Error)]
#[error("the event log is unavailable: {reason}")]
pub struct Unavailable {
    reason: &'static str,
    #[source]
    source: Option<Box<eventstore::Error>>,
}

impl Unavailable {
    pub(crate) const fn because(reason: &'static str) -> Self {
        Self { reason, source: None }
    }

    pub(crate) fn caused(reason: &'static str, source: eventstore::Error) -> Self {
        Self { reason, source: Some(Box::new(source)) }
    }
}

/// Why there is no log to speak to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The string is not shown, nor what is wrong with it: it may hold a password.
    #[error("the event log's address has not the form `esdb://user:password@host:port?tls=true`")]
    Address,
    #[error("there is no thread for the connection to the event log")]
    Thread(#[source] std::io::Error),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
