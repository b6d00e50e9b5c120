//! The answer to one append of a batch: success, or a status with a detail of its own kind.

use super::{append::MAX_APPEND_SIZE, wire};
use crate::{
    log::{Appended, StreamName, event::NO_EVENT, expected::Expected},
    protocol::{
        event_store::client::{
            self as proto, AllStreamPosition, StreamIdentifier, Uuid as ProtoUuid,
            WrongExpectedVersion,
            streams::{
                BatchAppendResp,
                batch_append_resp::{
                    Result as Outcome, Success,
                    success::{CurrentRevisionOption, PositionOption},
                },
            },
            wrong_expected_version::{CurrentStreamRevisionOption, ExpectedStreamPositionOption},
        },
        google::rpc::{Code, Status},
    },
};
use prost::Message;
use prost_types::Any;

/// Why an append of a batch failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Conflict { expected: Expected, current: i64 },
    Deleted(StreamName),
    AccessDenied,
    Timeout,
    TooLarge,
    BadRequest(String),
    Unknown,
}

pub(crate) fn answer(
    correlation_id: Option<ProtoUuid>,
    stream_identifier: Option<StreamIdentifier>,
    result: Result<Appended, Failure>,
) -> BatchAppendResp {
    let outcome = match result {
        Ok(appended) => Outcome::Success(success(appended)),
        Err(failure) => Outcome::Error(status(failure)),
    };
    BatchAppendResp {
        correlation_id,
        result: Some(outcome),
        stream_identifier,
        expected_stream_position: None,
    }
}

fn success(appended: Appended) -> Success {
    let revision = if appended.revision == NO_EVENT {
        CurrentRevisionOption::NoStream(())
    } else {
        CurrentRevisionOption::CurrentRevision(wire::unsigned(appended.revision))
    };
    let position = match appended.position.map(wire::unsigned) {
        Some(position) => PositionOption::Position(AllStreamPosition {
            commit_position: position,
            prepare_position: position,
        }),
        None => PositionOption::NoPosition(()),
    };
    Success { current_revision_option: Some(revision), position_option: Some(position) }
}

fn status(failure: Failure) -> Status {
    match failure {
        Failure::Conflict { expected, current } => {
            let detail = conflict(expected, current);
            failed(Code::AlreadyExists, "WrongExpectedVersion", &detail)
        }
        Failure::Deleted(stream) => {
            let detail =
                proto::StreamDeleted { stream_identifier: Some(wire::identifier(&stream)) };
            failed(Code::NotFound, "StreamDeleted", &detail)
        }
        Failure::AccessDenied => {
            failed(Code::PermissionDenied, "AccessDenied", &proto::AccessDenied {})
        }
        Failure::Timeout => failed(Code::DeadlineExceeded, "Timeout", &proto::Timeout {}),
        Failure::TooLarge => {
            let limit = u32::try_from(MAX_APPEND_SIZE).unwrap_or(u32::MAX);
            let detail = proto::MaximumAppendSizeExceeded { max_append_size: limit };
            failed(Code::InvalidArgument, "MaximumAppendSizeExceeded", &detail)
        }
        Failure::BadRequest(message) => {
            failed(Code::InvalidArgument, "BadRequest", &proto::BadRequest { message })
        }
        Failure::Unknown => failed(Code::Unknown, "Unknown", &proto::Unknown {}),
    }
}

/// The message of the status is the name of its detail.
fn failed(code: Code, name: &str, detail: &impl Message) -> Status {
    Status {
        code: code.into(),
        message: name.into(),
        details: Some(Any {
            type_url: format!("type.googleapis.com/event_store.client.{name}"),
            value: detail.encode_to_vec(),
        }),
    }
}

fn conflict(expected: Expected, current: i64) -> WrongExpectedVersion {
    use CurrentStreamRevisionOption as Current;
    use ExpectedStreamPositionOption as Wanted;
    WrongExpectedVersion {
        current_stream_revision_option: Some(if current == NO_EVENT {
            Current::CurrentNoStream(())
        } else {
            Current::CurrentStreamRevision(wire::unsigned(current))
        }),
        expected_stream_position_option: Some(match expected {
            Expected::Any => Wanted::ExpectedAny(()),
            Expected::Exists => Wanted::ExpectedStreamExists(()),
            Expected::NoStream => Wanted::ExpectedNoStream(()),
            Expected::Exact(revision) => Wanted::ExpectedStreamPosition(wire::unsigned(revision)),
        }),
    }
}
