//! Scalars: the values whose text is a contract.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::SecondsFormat;
use domain::Time;

/// A moment: RFC 3339, in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime(pub Time);

/// The longest text that can be a moment; longer ones are not looked at.
const LONGEST_MOMENT: usize = 64;

#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        let time = Some(&*text).filter(|text| text.len() <= LONGEST_MOMENT);
        let time = time.and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
        let ms = time.map(|time| time.timestamp_millis()).and_then(Time::from_timestamp_millis);
        ms.map(Self).ok_or_else(|| InputValueError::custom("expected a moment as in RFC 3339"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl From<Time> for DateTime {
    fn from(time: Time) -> Self {
        Self(time)
    }
}

/// An address that programs and browsers can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url(pub String);

/// The longest address that is looked at.
const LONGEST_URL: usize = 2048;

#[Scalar(name = "Url")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= LONGEST_URL => match text.parse::<url::Url>() {
                Ok(_) => Ok(Self(text)),
                Err(_) => Err(InputValueError::custom("expected an absolute URL")),
            },
            Value::String(_) => Err(InputValueError::custom("expected a shorter URL")),
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A place in a list or a stream: opaque, base64url, never parsed by clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(pub String);

/// The longest cursor that is looked at.
const LONGEST_CURSOR: usize = 2048;

#[Scalar(name = "Cursor")]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= LONGEST_CURSOR => Ok(Self(text)),
            Value::String(_) => Err(InputValueError::custom("expected a cursor of this service")),
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<store::Position> for Cursor {
    fn from(position: store::Position) -> Self {
        Self(position.encode())
    }
}

/// An opaque consistency token: a position in the log, which only the server can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position(pub store::Position);

#[Scalar(name = "Position")]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        let position = store::Position::decode(&text);
        position
            .map(Self)
            .ok_or_else(|| InputValueError::custom("expected a position of this service"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.encode())
    }
}

impl From<store::Position> for Position {
    fn from(position: store::Position) -> Self {
        Self(position)
    }
}

/// The position of what has read nothing yet.
impl From<Option<store::Position>> for Position {
    fn from(position: Option<store::Position>) -> Self {
        Self(position.unwrap_or(store::Position::START))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_utc_to_the_millisecond() {
        let parsed = DateTime::parse(Value::from("2026-01-01T01:00:00.123456+01:00")).unwrap();
        assert_eq!(parsed.to_value(), Value::from("2026-01-01T00:00:00.123Z"));
        for wrong in ["", "2026-01-01", "yesterday", &"9".repeat(100), "+999999-01-01T00:00:00Z"] {
            assert!(DateTime::parse(Value::from(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_position_of_another_service_is_refused() {
        assert!(Position::parse(Value::from("4711")).is_err());
        assert!(Position::parse(Value::from(4711)).is_err());
        let ours = store::Position::from_u64(4711);
        assert_eq!(Position::parse(Value::from(ours.encode())).ok().unwrap(), ours.into());
    }
}
