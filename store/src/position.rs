//! Position: a place in the log; larger is later.
//!
//! On every event an append writes, commit and prepare position are one number
//! (the byte offset of its record), so we keep one. Positions are strictly
//! increasing and not dense. Outside the service a position is opaque text.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use eventstore::StreamPosition;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// The first byte of the opaque text; another layout would take another number.
const VERSION: u8 = 1;
/// Version, position, checksum.
const LENGTH: usize = 1 + 8 + CHECKSUM;
const CHECKSUM: usize = 3;
/// Characters of the opaque text.
const TEXT: usize = LENGTH / 3 * 4;

/// Where an event lies in the log.
///
/// In JSON it is the opaque text, never the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before every event: the log gives no event this position.
    pub const START: Self = Self(0);

    /// For numbers of our own making: those of the log and of Postgres' `bigint`.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// At most `i64::MAX` for every position the log hands out.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// Returns the text shown outside: 16 characters of base64url.
    pub fn encode(self) -> String {
        self.text().into_iter().map(char::from).collect()
    }

    /// The same as bytes of ASCII, without an allocation.
    pub fn text(self) -> [u8; TEXT] {
        let mut bytes = [VERSION; LENGTH];
        bytes[1..9].copy_from_slice(&self.0.to_be_bytes());
        let checksum = checksum(&bytes[..9]);
        bytes[9..].copy_from_slice(&checksum);
        let mut text = [0; TEXT];
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        debug_assert_eq!(written, Ok(TEXT), "three bytes are four characters");
        text
    }

    /// Reads the text shown outside; `None` for anything this service did not hand out.
    ///
    /// The checksum catches accidents (a truncated cursor, another service's text), not malice: a
    /// forged position names a place in the log and nothing else.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (payload, sum) = bytes.split_at(9);
        let number = u64::from_be_bytes(payload[1..].try_into().ok()?);
        let known = payload[0] == VERSION && i64::try_from(number).is_ok();
        (known && sum == checksum(payload)).then_some(Self(number))
    }
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new_with_prefix(b"position").chain_update(payload).finalize();
    [digest[0], digest[1], digest[2]]
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({})", self.0)
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| de::Error::custom("not a position of this service"))
    }
}

impl From<eventstore::Position> for Position {
    fn from(position: eventstore::Position) -> Self {
        Self(position.commit)
    }
}

impl From<Position> for StreamPosition<eventstore::Position> {
    /// Servers refuse a position where no record is; before the first there is a word for it.
    fn from(position: Position) -> Self {
        match position {
            Position::START => Self::Start,
            Position(number) => {
                Self::Position(eventstore::Position { commit: number, prepare: number })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_its_text() {
        for number in [0, 1, 4_711, i64::MAX as u64] {
            let position = Position::from_u64(number);
            assert_eq!(position.encode().len(), 16);
            assert_eq!(Position::decode(&position.encode()), Some(position));
        }
    }

    #[test]
    fn a_text_that_was_changed_is_no_position() {
        let text = Position::from_u64(4_711).encode();
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(Position::decode(std::str::from_utf8(&changed).unwrap()), None);
        }
        assert_eq!(Position::decode(&text[1..]), None);
        assert_eq!(Position::decode(""), None);
        assert_eq!(Position::decode("4711"), None);
    }

    #[test]
    fn in_json_it_is_the_text() {
        let position = Position::from_u64(7);
        let json = serde_json::to_string(&position).unwrap();
        assert_eq!(json, format!("\"{}\"", position.encode()));
        assert_eq!(serde_json::from_str::<Position>(&json).unwrap(), position);
    }
}
