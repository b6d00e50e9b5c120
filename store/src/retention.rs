//! Retention: what the log may forget of a stream, told to it before the stream's first event.

use domain::Retention;
use eventstore::EventData;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{Log, connection::Failure};

const SECONDS_AN_HOUR: u64 = 60 * 60;
const SECONDS_A_DAY: u64 = 24 * SECONDS_AN_HOUR;

impl Log {
    /// Writes the metadata of a stream that has no event yet.
    pub(crate) async fn retain(
        &self,
        stream: &str,
        retention: Retention,
        end: Instant,
    ) -> Result<(), Failure> {
        let Some(metadata) = metadata(retention) else { return Ok(()) };
        let name = format!("$${stream}");
        // The same for every writer: whoever comes second finds it written.
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let event =
            EventData::json("$metadata", &metadata).expect("a number in an object is JSON").id(id);
        match self.append_raw(&name, None, vec![event], end).await {
            Ok(_) | Err(Failure::Conflict { .. }) => Ok(()),
            Err(failure @ (Failure::Deleted | Failure::Unavailable(_))) => Err(failure),
        }
    }
}

/// By hand: the crate writes `$maxAge` in milliseconds, where the server reads seconds.
fn metadata(retention: Retention) -> Option<Value> {
    match retention {
        Retention::Forever => None,
        Retention::Newest => Some(json!({ "$maxCount": 1 })),
        Retention::Hours(hours) => Some(json!({ "$maxAge": u64::from(hours) * SECONDS_AN_HOUR })),
        Retention::Days(days) => Some(json!({ "$maxAge": u64::from(days) * SECONDS_A_DAY })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_told_in_seconds() {
        assert_eq!(metadata(Retention::Hours(1)), Some(json!({ "$maxAge": 3_600 })));
        assert_eq!(metadata(Retention::Days(1)), Some(json!({ "$maxAge": 86_400 })));
        assert_eq!(metadata(Retention::Newest), Some(json!({ "$maxCount": 1 })));
        assert_eq!(metadata(Retention::Forever), None);
    }
}
