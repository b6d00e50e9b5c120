//! Verdict: what an error of the client says about the client.

use eventstore::{CurrentRevision, Error};

use crate::Unavailable;

/// Why an operation brought no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The stream is not where the append expects it. `current` is `None` for an empty stream, and
    /// after a tombstone was refused, since the crate drops the number then.
    Conflict {
        current: Option<u64>,
    },
    /// The stream was tombstoned.
    Deleted,
    Unavailable(Unavailable),
}

/// What to do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The server answered; asking again changes nothing.
    Answer,
    /// A node that starts, elects, or is busy. More than once, the client may be stuck to a node
    /// that is gone.
    Again,
    /// A client that does not recover by itself.
    Rebuild,
}

/// Of the gRPC status codes, those that the crate leaves as numbers.
const CANCELLED: i32 = 1;
const RESOURCE_EXHAUSTED: i32 = 8;
const FAILED_PRECONDITION: i32 = 9;
const ABORTED: i32 = 10;

impl Verdict {
    pub(super) fn on(error: &Error) -> Self {
        match error {
            // Not found is a node that knows no leader: streams are missing by message, not by status.
            Error::ServerError(_) | Error::NotLeaderException(_) | Error::ResourceNotFound => {
                Self::Again
            }
            Error::Grpc { code, .. } => match i32::from(*code) {
                CANCELLED | RESOURCE_EXHAUSTED | ABORTED => Self::Again,
                _ => Self::Answer,
            },
            Error::ConnectionClosed
            | Error::GrpcConnectionError(_)
            | Error::InternalClientError
            | Error::DeadlineExceeded
            | Error::InitializationError(_)
            | Error::IllegalStateError(_) => Self::Rebuild,
            Error::InternalParsingError(_)
            | Error::AccessDenied
            | Error::ResourceAlreadyExists
            | Error::ResourceDeleted
            | Error::UnsupportedFeature
            | Error::WrongExpectedVersion { .. } => Self::Answer,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongExpectedVersion { current: CurrentRevision::Current(revision), .. } => {
                Self::Conflict { current: Some(revision) }
            }
            Error::WrongExpectedVersion { current: CurrentRevision::NoStream, .. } => {
                Self::Conflict { current: None }
            }
            Error::Grpc { code, .. } if i32::from(code) == FAILED_PRECONDITION => {
                Self::Conflict { current: None }
            }
            Error::ResourceDeleted => Self::Deleted,
            Error::AccessDenied => {
                Self::Unavailable(Unavailable::because("it refuses our credentials"))
            }
            other => Self::Unavailable(Unavailable::caused("it refused what was asked", other)),
        }
    }
}

impl From<Failure> for Unavailable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(unavailable) => unavailable,
            Failure::Conflict { .. } => Self::because("it saw a conflict where none can be"),
            Failure::Deleted => Self::because("the stream was deleted"),
        }
    }
}
