//! `Delete` and `Tombstone`: the end of a stream, until it is written again or for good.

use super::{append::writable, status};
use crate::log::{Log, Refusal, StreamName, Write, event::Position, expected::Expected};
use tonic::Status;

/// Deletes a stream until it is written again; answers where that is recorded.
pub(crate) async fn delete(
    log: &Log,
    stream: StreamName,
    expected: Expected,
) -> Result<Option<Position>, Status> {
    let write = Write::Delete { stream: stream.clone(), expected };
    remove(log, &stream, expected, write).await
}

/// Deletes a stream for good; answers where that is recorded.
pub(crate) async fn tombstone(
    log: &Log,
    stream: StreamName,
    expected: Expected,
) -> Result<Option<Position>, Status> {
    let write = Write::Tombstone { stream: stream.clone(), expected };
    remove(log, &stream, expected, write).await
}

async fn remove(
    log: &Log,
    stream: &StreamName,
    expected: Expected,
    write: Write,
) -> Result<Option<Position>, Status> {
    writable(stream)?;
    match log.write(write).await {
        Ok(removed) => Ok(removed.position),
        Err(Refusal::Conflict { current }) => {
            Err(status::wrong_expected_version(stream, expected, current))
        }
        Err(Refusal::Deleted) => Err(status::stream_deleted(stream)),
        Err(Refusal::Storage(reason)) => Err(status::storage(&reason)),
        Err(Refusal::Closed) => Err(status::shutting_down()),
    }
}
