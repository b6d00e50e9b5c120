//! Between an event enum and the bytes in the log.
//!
//! An event is stored as a type name, a schema number and a JSON payload. The
//! enum always has today's shape; [`StoredEvent::upcasts`] lifts what earlier
//! releases wrote. Nothing else in the service knows that old shapes existed.

use std::borrow::Cow;

use serde::{
    Serialize,
    de::{DeserializeOwned, value::MapDeserializer},
};
use serde_json::{Map, Value};

/// Lifts the fields of a payload by exactly one schema.
pub type Upcast = fn(&mut Map<String, Value>);

/// An enum of events, with `#[serde(tag = "type", content = "data")]`.
pub trait StoredEvent: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The summary event of this noun, where it has one.
    const SUMMARY: Option<Summary> = None;

    /// The lifts for `event_type`: the first takes schema 1 to 2, and so on.
    ///
    /// Append only. The current schema is one more than their number, so it cannot be forgotten.
    fn upcasts(event_type: &str) -> &'static [Upcast] {
        let _ = event_type;
        &[]
    }
}

/// Names a noun's summary event.
///
/// A summary is never upcast: one of another schema is read past, and the fold starts further
/// back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub event_type: &'static str,
    pub schema: usize,
}

/// An event as it lies in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub event_type: String,
    pub schema: usize,
    pub data: Value,
}

/// Why what the log holds is no event of today.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("`{event_type}` has schema {schema}, this release writes {known}")]
    UnknownSchema { event_type: String, schema: usize, known: usize },
    #[error("`{event_type}` does not have the shape of its schema")]
    Malformed {
        event_type: String,
        #[source]
        source: serde_json::Error,
    },
}

/// Turns an event into what the log keeps.
///
/// # Errors
///
/// If the event holds an opened [`Sealed`](crate::Sealed) field, which must not be written.
///
/// # Panics
///
/// If the enum is not tagged as [`StoredEvent`] asks.
pub fn encode<E: StoredEvent>(event: &E) -> Result<Encoded, serde_json::Error> {
    let mut tagged = serde_json::to_value(event)?;
    let Value::String(event_type) = tagged["type"].take() else {
        unreachable!("events are tagged with `type` and `data`")
    };
    let schema = schema_of::<E>(&event_type);
    Ok(Encoded { event_type, schema, data: tagged["data"].take() })
}

/// Turns what the log keeps, however old, into an event of today.
pub fn decode<E: StoredEvent>(stored: &Encoded) -> Result<E, DecodeError> {
    read(&stored.event_type, stored.schema, &stored.data)
}

/// The same from its parts, which are many where a history is read: they are not copied.
pub fn read<E: StoredEvent>(
    event_type: &str,
    schema: usize,
    data: &Value,
) -> Result<E, DecodeError> {
    let known = schema_of::<E>(event_type);
    let due = match E::SUMMARY {
        Some(summary) if summary.event_type == event_type => (schema == known).then_some(&[][..]),
        _ => schema.checked_sub(1).and_then(|done| E::upcasts(event_type).get(done..)),
    };
    let Some(due) = due else {
        let event_type = event_type.to_owned();
        return Err(DecodeError::UnknownSchema { event_type, schema, known });
    };
    let mut data = Cow::Borrowed(data);
    if !due.is_empty()
        && let Some(fields) = data.to_mut().as_object_mut()
    {
        for upcast in due {
            upcast(fields);
        }
    }
    let name = Value::from(event_type);
    let tagged = [("type", &name), ("data", &*data)];
    E::deserialize(MapDeserializer::<_, serde_json::Error>::new(tagged.into_iter()))
        .map_err(|source| DecodeError::Malformed { event_type: event_type.to_owned(), source })
}

/// Returns the schema that this release writes for `event_type`.
pub fn schema_of<E: StoredEvent>(event_type: &str) -> usize {
    match E::SUMMARY {
        Some(summary) if summary.event_type == event_type => summary.schema,
        _ => E::upcasts(event_type).len() + 1,
    }
}
