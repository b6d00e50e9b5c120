//! Deadlines: the time that a client gives a call, from the `grpc-timeout` header.

use http::HeaderMap;
use std::time::Duration;

/// How long the client waits; nothing if it does not say, or says nothing that can be understood.
pub(crate) fn requested(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    // The protocol allows eight digits, so that no unit overflows.
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::requested;
    use http::HeaderMap;
    use std::time::Duration;

    fn of(value: &str) -> Option<Duration> {
        requested(&HeaderMap::from_iter([(
            "grpc-timeout".parse().unwrap(),
            value.parse().unwrap(),
        )]))
    }

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(of("2H"), Some(Duration::from_hours(2)));
        assert_eq!(of("1M"), Some(Duration::from_mins(1)));
        assert_eq!(of("10S"), Some(Duration::from_secs(10)));
        assert_eq!(of("250m"), Some(Duration::from_millis(250)));
        assert_eq!(of("99999999u"), Some(Duration::from_micros(99_999_999)));
        assert_eq!(of("7n"), Some(Duration::from_nanos(7)));
    }

    #[test]
    fn nonsense_is_no_deadline() {
        for nonsense in ["", "S", "10", "-1S", "123456789S", "1x", "+1S", "1 S"] {
            assert_eq!(of(nonsense), None, "{nonsense:?}");
        }
    }
}
