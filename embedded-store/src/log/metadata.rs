//! Stream metadata: the part of `$metadata` events that the log obeys.
//!
//! Anything malformed counts as absent; the newest event replaces all older ones.

use super::{clock, event::Revision};
use serde_json::{Map, Value};

/// What a stream's metadata hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamMetadata {
    /// Only the last so many events are visible.
    max_count: Option<i64>,
    /// Only events younger than this are visible, in seconds.
    max_age: Option<i64>,
    /// The first visible number.
    truncate_before: Option<Revision>,
}

/// The value of `$tb` that hides every event: the stream is deleted until it is written again.
const EVERYTHING: Revision = i64::MAX;

const TRUNCATE_BEFORE: &str = "$tb";

impl StreamMetadata {
    /// What every metastream has: only its newest event is visible.
    pub(crate) const OF_METASTREAM: Self =
        Self { max_count: Some(1), max_age: None, truncate_before: None };

    pub(crate) fn parse(json: &[u8]) -> Self {
        let fields = object(json);
        let number = |key: &str| fields.get(key).and_then(Value::as_i64);
        Self {
            max_count: number("$maxCount").filter(|count| *count > 0),
            max_age: number("$maxAge").filter(|seconds| *seconds > 0),
            truncate_before: number(TRUNCATE_BEFORE).filter(|first| *first >= 0),
        }
    }

    pub(crate) fn soft_deleted(&self) -> bool {
        self.truncate_before == Some(EVERYTHING)
    }

    /// The first number that may be visible in a stream whose last is `last`.
    pub(crate) fn first_visible(&self, last: Revision) -> Revision {
        let by_count = self.max_count.map_or(0, |count| last.saturating_sub(count - 1));
        by_count.max(self.truncate_before.unwrap_or(0))
    }

    /// Events created before this are not visible, in ticks.
    pub(crate) fn not_before(&self) -> i64 {
        self.max_age.map_or(i64::MIN, |seconds| {
            clock::now().saturating_sub(seconds.saturating_mul(clock::TICKS_PER_SECOND))
        })
    }
}

/// The metadata that deletes a stream softly; what it said before is lost.
pub(crate) fn deleting() -> Vec<u8> {
    format!(r#"{{"{TRUNCATE_BEFORE}":{EVERYTHING}}}"#).into_bytes()
}

/// `json` with its events visible from `first` on: what brings a softly deleted stream back.
pub(crate) fn restoring(json: &[u8], first: Revision) -> Vec<u8> {
    let mut fields = object(json);
    fields.insert(TRUNCATE_BEFORE.into(), first.into());
    Value::Object(fields).to_string().into_bytes()
}

fn object(json: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(json).unwrap_or_default()
}
