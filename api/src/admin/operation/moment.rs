//! A place in the history, as people write it.

use std::{fmt, str::FromStr};

use domain::Time;
use serde::{Deserialize, Serialize};
use store::Position;

/// A place in the history: a time, or a position of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    Time(Time),
    Position(Position),
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as `2026-11-21T08:00:00Z`, or a position that this service printed")]
pub struct InvalidMoment;

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let time = || text.parse().map(Self::Time).ok();
        Position::decode(text).map(Self::Position).or_else(time).ok_or(InvalidMoment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.3fZ")),
            Self::Position(position) => f.write_str(&position.encode()),
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = InvalidMoment;

    fn try_from(text: String) -> Result<Self, InvalidMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_a_position() {
        for text in ["2026-11-21T08:00:00.000Z", &Position::from_u64(4_711).encode()] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
        let elsewhere = "2026-11-21T09:00:00+01:00".parse::<Moment>().unwrap();
        assert_eq!(elsewhere.to_string(), "2026-11-21T08:00:00.000Z");
    }

    #[test]
    fn anything_else_is_none() {
        for wrong in ["", "4711", "yesterday", "2026-11-21"] {
            assert_eq!(wrong.parse::<Moment>(), Err(InvalidMoment), "{wrong}");
        }
    }
}
