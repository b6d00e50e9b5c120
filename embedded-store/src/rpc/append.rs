//! `Append`: one request of several messages, written as one.

use super::{expected, status, wire};
use crate::{
    log::{
        Appended, Log, Refusal, StreamName, Write,
        event::{NO_EVENT, Proposed},
        expected::Expected,
    },
    protocol::event_store::client::{
        Empty,
        streams::{
            AppendReq, AppendResp,
            append_req::{Content, ProposedMessage},
            append_resp::{
                self, Position, Success, WrongExpectedVersion,
                success::{CurrentRevisionOption, PositionOption},
                wrong_expected_version as conflict,
            },
        },
    },
};
use bytes::Bytes;
use std::{collections::HashMap, fmt};
use tonic::{Status, Streaming};
use uuid::Uuid;

/// How large the events of one append may be together, in bytes.
pub(crate) const MAX_APPEND_SIZE: usize = 1 << 20;

/// Receives, validates and writes; the first message is the options, each further one an event.
pub(crate) async fn append(
    log: &Log,
    mut requests: Streaming<AppendReq>,
) -> Result<AppendResp, Status> {
    let Some(Content::Options(options)) = requests.message().await?.and_then(|m| m.content) else {
        return Err(status::unhandled());
    };
    let expected = expected::of_append(options.expected_stream_revision.as_ref())?;
    let stream = wire::stream_name(options.stream_identifier.as_ref())?;
    writable(&stream)?;
    let mut events = Vec::new();
    let mut size = 0;
    while let Some(request) = requests.message().await? {
        let Some(Content::ProposedMessage(message)) = request.content else {
            return Err(status::unhandled());
        };
        let event = proposed(message)?;
        size += event.size();
        if size > MAX_APPEND_SIZE {
            return Err(status::maximum_append_size_exceeded(MAX_APPEND_SIZE));
        }
        events.push(event);
    }
    match log.write(Write::Append { stream: stream.clone(), expected, events }).await {
        Ok(appended) => Ok(success(appended)),
        Err(Refusal::Conflict { current }) => Ok(wrong_expected_version(expected, current)),
        Err(Refusal::Deleted) => Err(status::stream_deleted(&stream)),
        Err(Refusal::Storage(reason)) => Err(status::storage(&reason)),
        Err(Refusal::Closed) => Err(status::shutting_down()),
    }
}

/// `$all` is a view of every stream, not a stream.
pub(crate) fn writable(stream: &StreamName) -> Result<(), Status> {
    if stream.base() == "$all" && !stream.is_metastream() {
        return Err(status::access_denied());
    }
    Ok(())
}

/// What is wrong with a proposed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A required key of its metadata is missing.
    Missing(&'static str),
    /// It has no id, or no type.
    Nameless,
}

impl From<Malformed> for Status {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Missing(property) => status::missing_metadata(property),
            Malformed::Nameless => status::unhandled(),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(property) => {
                write!(f, "Required Metadata Property '{property}' is missing")
            }
            Self::Nameless => f.write_str("an event has an id and a type"),
        }
    }
}

pub(crate) fn proposed(message: ProposedMessage) -> Result<Proposed, Malformed> {
    let id = wire::parse_uuid(message.id.as_ref());
    event(id, message.metadata, message.data, message.custom_metadata)
}

/// An event as it was proposed; of the client's metadata only type and content type count.
pub(crate) fn event(
    id: Option<Uuid>,
    mut properties: HashMap<String, String>,
    data: Bytes,
    metadata: Bytes,
) -> Result<Proposed, Malformed> {
    let event_type = properties.remove("type").ok_or(Malformed::Missing("type"))?;
    let content_type =
        properties.remove("content-type").ok_or(Malformed::Missing("content-type"))?;
    let id = id.filter(|id| !id.is_nil()).ok_or(Malformed::Nameless)?;
    if event_type.is_empty() {
        return Err(Malformed::Nameless);
    }
    Ok(Proposed { id, event_type, is_json: content_type == wire::JSON, data, metadata })
}

fn success(appended: Appended) -> AppendResp {
    let revision = if appended.revision == NO_EVENT {
        CurrentRevisionOption::NoStream(Empty {})
    } else {
        CurrentRevisionOption::CurrentRevision(wire::unsigned(appended.revision))
    };
    let position = match appended.position.map(wire::unsigned) {
        Some(position) => PositionOption::Position(Position {
            commit_position: position,
            prepare_position: position,
        }),
        None => PositionOption::NoPosition(Empty {}),
    };
    AppendResp {
        result: Some(append_resp::Result::Success(Success {
            current_revision_option: Some(revision),
            position_option: Some(position),
        })),
    }
}

/// Says the conflict twice: as clients up to 20.6 read it, and as later ones do.
fn wrong_expected_version(expected: Expected, current: i64) -> AppendResp {
    use conflict::{
        CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
        ExpectedRevisionOption as Wanted, ExpectedRevisionOption2060 as OldWanted,
    };
    let (current, old_current) = if current == NO_EVENT {
        (Current::CurrentNoStream(Empty {}), OldCurrent::NoStream2060(Empty {}))
    } else {
        let current = wire::unsigned(current);
        (Current::CurrentRevision(current), OldCurrent::CurrentRevision2060(current))
    };
    let (wanted, old_wanted) = match expected {
        Expected::Any => (Wanted::ExpectedAny(Empty {}), OldWanted::Any2060(Empty {})),
        Expected::Exists => {
            (Wanted::ExpectedStreamExists(Empty {}), OldWanted::StreamExists2060(Empty {}))
        }
        Expected::NoStream => {
            (Wanted::ExpectedNoStream(Empty {}), OldWanted::ExpectedRevision2060(u64::MAX))
        }
        Expected::Exact(revision) => {
            let revision = wire::unsigned(revision);
            (Wanted::ExpectedRevision(revision), OldWanted::ExpectedRevision2060(revision))
        }
    };
    AppendResp {
        result: Some(append_resp::Result::WrongExpectedVersion(WrongExpectedVersion {
            current_revision_option_20_6_0: Some(old_current),
            expected_revision_option_20_6_0: Some(old_wanted),
            current_revision_option: Some(current),
            expected_revision_option: Some(wanted),
        })),
    }
}
