//! Recorded event: an event as the log returns it, in our words.

use domain::{
    Aggregate, StoredEvent,
    event::{self, DecodeError},
};
use eventstore::RecordedEvent;
use serde_json::Value;
use uuid::Uuid;

use crate::{Metadata, Position};

/// One event of the log; its payload is decoded only when someone wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub stream: String,
    /// Its number in the stream, from 0.
    pub revision: u64,
    pub position: Position,
    pub event_id: Uuid,
    pub event_type: String,
    pub metadata: Metadata,
    /// The payload as it lies in the log: sealed fields are closed until a vault opens them.
    pub data: Value,
}

impl Recorded {
    /// The noun: what stands before the first `-` of the stream's name.
    pub fn category(&self) -> &str {
        self.stream.split_once('-').map_or(&*self.stream, |(category, _)| category)
    }

    /// Returns the aggregate's id, if the event is one of `A`'s.
    pub fn id_of<A: Aggregate>(&self) -> Option<A::Id> {
        self.stream.strip_prefix(A::CATEGORY)?.strip_prefix('-')?.parse().ok()
    }

    /// Returns the event in today's shape.
    pub fn decode<E: StoredEvent>(&self) -> Result<E, DecodeError> {
        event::read(&self.event_type, self.metadata.schema, &self.data)
    }

    /// The same, where an event that can not be read is the reader's failure.
    pub(crate) fn read<E: StoredEvent>(&self) -> Result<E, Unreadable> {
        self.decode().map_err(|source| Unreadable {
            stream: self.stream.clone(),
            revision: self.revision,
            position: self.position,
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            source,
        })
    }
}

impl TryFrom<RecordedEvent> for Recorded {
    type Error = Unreadable;

    fn try_from(stored: RecordedEvent) -> Result<Self, Unreadable> {
        let metadata = serde_json::from_slice(&stored.custom_metadata);
        let data = serde_json::from_slice(&stored.data);
        let RecordedEvent { stream_id: stream, id: event_id, event_type, revision, .. } = stored;
        let position = stored.position.into();
        match metadata.and_then(|metadata| Ok((metadata, data?))) {
            Ok((metadata, data)) => {
                Ok(Self { stream, revision, position, event_id, event_type, metadata, data })
            }
            Err(source) => {
                let source = DecodeError::Malformed { event_type: event_type.clone(), source };
                Err(Unreadable { stream, revision, position, event_id, event_type, source })
            }
        }
    }
}

/// An event that this release can not read, by name, so that it can be parked.
#[derive(Debug, thiserror::Error)]
#[error("`{event_type}` at {revision}@{stream} can not be read")]
pub struct Unreadable {
    pub stream: String,
    pub revision: u64,
    pub position: Position,
    pub event_id: Uuid,
    pub event_type: String,
    #[source]
    pub source: DecodeError,
}
