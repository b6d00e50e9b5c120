//! The type names of an event enum, read off the enum itself.
//!
//! The `Deserialize` that serde derives knows them, and tells them when it
//! refuses a name that is none of them. So no list is kept by hand.

use std::fmt;

use serde::de::{self, value::MapDeserializer};

use crate::StoredEvent;

/// Returns the type names of `E`, in the order of its variants.
///
/// # Panics
///
/// If the enum is not tagged as [`StoredEvent`] asks.
pub fn event_types<E: StoredEvent>() -> &'static [&'static str] {
    let nothing = [("type", "")].into_iter();
    match E::deserialize(MapDeserializer::<_, Refusal>::new(nothing)) {
        Err(Refusal::UnknownVariant(names)) => names,
        Err(Refusal::Other) | Ok(_) => unreachable!("events are tagged with `type` and `data`"),
    }
}

#[derive(Debug)]
enum Refusal {
    UnknownVariant(&'static [&'static str]),
    Other,
}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant(expected)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such event")
    }
}
