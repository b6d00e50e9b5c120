//! Pairing codes: each stands for one pairing at a time.
//!
//! ```text
//! Free ──Reserve──▶ Held ──(expires_at)──▶ free again
//! ```
//!
//! The stream's id is an HMAC of the code under the pepper: a million codes are hashed in a
//! second, so nothing that the log's reader could compute may be in it.

mod code;
mod id;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use code::{Alphabet, Code, InvalidCode, LENGTH};
pub use id::PairingCodeId;

use crate::{Aggregate, Retention, StoredEvent, Time, aggregate, pairing::PairingId};

/// What a code stands for, also once it has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairingCode {
    #[default]
    Free,
    Held {
        pairing_id: PairingId,
        expires_at: Time,
    },
}

/// The name in quotes is in the log for good; the variant may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "pairing_code.reserved")]
    Reserved {
        #[serde(serialize_with = "write_id", deserialize_with = "read_id")]
        pairing_id: PairingId,
        expires_at: Time,
    },
}

impl StoredEvent for Event {}

fn write_id<S: Serializer>(id: &PairingId, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

fn read_id<'de, D: Deserializer<'de>>(from: D) -> Result<PairingId, D::Error> {
    PairingId::from_str(&String::deserialize(from)?).map_err(de::Error::custom)
}

/// The last step of `GeneratePairingCode`.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    pub pairing_id: PairingId,
    pub expires_at: Time,
    pub at: Time,
}

/// The code stands for another pairing; another must be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this pairing code is in use")]
pub struct Taken;

impl aggregate::Rejection for Taken {
    fn code(&self) -> &'static str {
        "PAIRING_CODE_TAKEN"
    }
}

impl Aggregate for PairingCode {
    const CATEGORY: &'static str = "pairing_code";
    const RETENTION: Retention = Retention::Days(1);

    type Id = PairingCodeId;
    type Command = Reserve;
    type Event = Event;
    type Rejection = Taken;

    fn decide(&self, reserve: &Reserve) -> Result<Vec<Event>, Taken> {
        let Reserve { pairing_id, expires_at, at } = *reserve;
        match *self {
            Self::Held { pairing_id: holder, .. } if holder == pairing_id => Ok(vec![]),
            Self::Held { expires_at, .. } if at < expires_at => Err(Taken),
            Self::Held { .. } | Self::Free => Ok(vec![Event::Reserved { pairing_id, expires_at }]),
        }
    }

    fn evolve(self, Event::Reserved { pairing_id, expires_at }: &Event, _: Time) -> Self {
        Self::Held { pairing_id: *pairing_id, expires_at: *expires_at }
    }
}
