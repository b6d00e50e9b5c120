//! The time of the log: ticks of 100 ns since the Unix epoch.

use std::time::{SystemTime, UNIX_EPOCH};

/// Ticks in a second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;

/// Nanoseconds in a tick.
const TICK: u128 = 100;

/// Now, in ticks.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos() / TICK).unwrap_or(i64::MAX)
}

/// Ticks as the protocol's timestamp.
pub(crate) fn timestamp(ticks: i64) -> prost_types::Timestamp {
    let nanos = ticks.rem_euclid(TICKS_PER_SECOND) * 100;
    prost_types::Timestamp {
        seconds: ticks.div_euclid(TICKS_PER_SECOND),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}

/// Ticks as text.
pub(crate) fn rfc3339(ticks: i64) -> String {
    timestamp(ticks).to_string()
}
