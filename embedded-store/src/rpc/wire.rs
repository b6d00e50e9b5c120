//! Between the log's types and the protocol's messages.

use super::status;
use crate::{
    log::{
        StreamName, clock,
        event::{Position, Recorded, Revision},
        links::Resolved,
    },
    protocol::event_store::client::{
        self as proto, StreamIdentifier, Uuid as ProtoUuid, streams,
        streams::read_resp::{self, ReadEvent, read_event},
    },
};
use bytes::Bytes;
use std::collections::HashMap;
use tonic::Status;
use uuid::Uuid;

/// How a client wants ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdFormat {
    Text,
    Structured,
}

/// The content type of events that are JSON; of all others it is `OCTETS`.
pub(crate) const JSON: &str = "application/json";
pub(crate) const OCTETS: &str = "application/octet-stream";

/// A message to a reader, before it is put into the protocol's words.
#[derive(Debug)]
pub(crate) enum Message {
    Event(Resolved),
    Confirmation(Uuid),
    Checkpoint(Position),
    StreamNotFound(StreamName),
    FirstStreamPosition(Revision),
    LastStreamPosition(Revision),
    CaughtUp { revision: Option<Revision>, position: Option<Position> },
}

impl Message {
    pub(crate) fn encode(self, ids: IdFormat) -> streams::ReadResp {
        use read_resp::Content;
        let content = match self {
            Self::Event(resolved) => Content::Event(read_event(&resolved, ids)),
            Self::Confirmation(id) => Content::Confirmation(read_resp::SubscriptionConfirmation {
                subscription_id: id.to_string(),
            }),
            Self::Checkpoint(position) => Content::Checkpoint(read_resp::Checkpoint {
                commit_position: unsigned(position),
                prepare_position: unsigned(position),
                timestamp: Some(clock::timestamp(clock::now())),
            }),
            Self::StreamNotFound(stream) => Content::StreamNotFound(read_resp::StreamNotFound {
                stream_identifier: Some(identifier(&stream)),
            }),
            Self::FirstStreamPosition(revision) => Content::FirstStreamPosition(unsigned(revision)),
            Self::LastStreamPosition(revision) => Content::LastStreamPosition(unsigned(revision)),
            Self::CaughtUp { revision, position } => Content::CaughtUp(read_resp::CaughtUp {
                timestamp: Some(clock::timestamp(clock::now())),
                stream_revision: revision,
                position: position.map(|position| read_resp::Position {
                    commit_position: unsigned(position),
                    prepare_position: unsigned(position),
                }),
            }),
        };
        streams::ReadResp { content: Some(content) }
    }
}

fn read_event(resolved: &Resolved, ids: IdFormat) -> ReadEvent {
    let position = match resolved.original() {
        Some(original) => read_event::Position::CommitPosition(unsigned(original.position)),
        None => read_event::Position::NoPosition(proto::Empty {}),
    };
    ReadEvent {
        event: resolved.event.as_deref().map(|event| recorded(event, ids)),
        link: resolved.link.as_deref().map(|event| recorded(event, ids)),
        position: Some(position),
    }
}

pub(crate) fn recorded(event: &Recorded, ids: IdFormat) -> read_event::RecordedEvent {
    let content_type = if event.is_json { JSON } else { OCTETS };
    read_event::RecordedEvent {
        id: Some(uuid(event.id, ids)),
        stream_identifier: Some(identifier(&event.stream)),
        stream_revision: unsigned(event.revision),
        prepare_position: unsigned(event.position),
        commit_position: unsigned(event.position),
        metadata: HashMap::from([
            ("type".into(), event.event_type.to_string()),
            ("created".into(), event.created.to_string()),
            ("content-type".into(), content_type.into()),
        ]),
        custom_metadata: event.metadata.clone(),
        data: event.data.clone(),
    }
}

/// Numbers of the log are never negative where they are sent.
pub(crate) fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

pub(crate) fn identifier(stream: &StreamName) -> StreamIdentifier {
    StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_str().as_bytes()) }
}

/// The stream that a request names.
pub(crate) fn stream_name(identifier: Option<&StreamIdentifier>) -> Result<StreamName, Status> {
    let identifier = identifier.ok_or_else(status::unhandled)?;
    StreamName::parse(&identifier.stream_name).map_err(|_| status::unhandled())
}

pub(crate) fn uuid(id: Uuid, format: IdFormat) -> ProtoUuid {
    use proto::uuid::{Structured, Value};
    let value = match format {
        IdFormat::Text => Value::String(id.to_string()),
        IdFormat::Structured => {
            let (most, least) = id.as_u64_pair();
            Value::Structured(Structured {
                most_significant_bits: most.cast_signed(),
                least_significant_bits: least.cast_signed(),
            })
        }
    };
    ProtoUuid { value: Some(value) }
}

/// The id that a request carries; nothing if it is absent or malformed.
pub(crate) fn parse_uuid(id: Option<&ProtoUuid>) -> Option<Uuid> {
    use proto::uuid::Value;
    match id?.value.as_ref()? {
        Value::String(text) => Uuid::try_parse(text).ok(),
        Value::Structured(bits) => Some(Uuid::from_u64_pair(
            bits.most_significant_bits.cast_unsigned(),
            bits.least_significant_bits.cast_unsigned(),
        )),
    }
}
