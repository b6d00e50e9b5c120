//! The scavenges' own stream, by which a client learns that one has ended, and what it did.

use super::work::{Done, Failure};
use crate::log::{
    Appended, Log, Refusal, StreamName, Write,
    event::{METADATA_TYPE, Proposed},
    expected::Expected,
};
use bytes::Bytes;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// The stream, the types of its events, and how long they are kept, in seconds.
const STREAM: &str = "$scavenges";
const STARTED: &str = "$scavengeStarted";
const COMPLETED: &str = "$scavengeCompleted";
const MAX_AGE: u64 = 30 * 24 * 60 * 60;

/// How a scavenge ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) work: Result<Done, Failure>,
    pub(crate) took: Duration,
    pub(crate) stopped: bool,
}

/// Writes down what scavenges did.
#[derive(Clone)]
pub(crate) struct History {
    log: Arc<Log>,
    endpoint: String,
}

impl History {
    pub(crate) fn new(log: Arc<Log>, endpoint: String) -> Self {
        Self { log, endpoint }
    }

    pub(crate) async fn started(&self, id: Uuid) {
        let stream = StreamName::stored(STREAM, false);
        let metadata = json!({ "$maxAge": MAX_AGE });
        let kept =
            append(&self.log, stream.metastream(), Expected::NoStream, METADATA_TYPE, &metadata);
        // Its metadata may be there, be it ours or an operator's.
        if let Err(error) = kept.await
            && !matches!(error, Refusal::Conflict { .. })
        {
            tracing::warn!(%error, "the scavenges' stream cannot be described");
        }
        let started = json!({
            "scavengeId": id, "nodeEndpoint": self.endpoint, "startFromChunk": 0, "threads": 1,
        });
        self.tell(STARTED, &started).await;
    }

    pub(crate) async fn ended(&self, id: Uuid, outcome: &Outcome) {
        let (result, error, done) = match &outcome.work {
            Ok(done) if outcome.stopped => ("Stopped", String::new(), *done),
            Ok(done) => ("Success", String::new(), *done),
            Err(failure) => ("Errored", failure.to_string(), Done::default()),
        };
        let ended = json!({
            "scavengeId": id,
            "nodeEndpoint": self.endpoint,
            "result": result,
            "error": error,
            "timeTaken": format!("{:?}", outcome.took),
            "spaceSaved": done.bytes,
            "streamsScavenged": done.streams,
            "eventsRemoved": done.events,
        });
        self.tell(COMPLETED, &ended).await;
    }

    async fn tell(&self, event_type: &str, json: &Value) {
        let stream = StreamName::stored(STREAM, false);
        // A log that is closed meanwhile has nobody to tell.
        if let Err(error) = append(&self.log, stream, Expected::Any, event_type, json).await
            && error != Refusal::Closed
        {
            tracing::warn!(%error, event_type, "what a scavenge did cannot be written down");
        }
    }
}

async fn append(
    log: &Log,
    stream: StreamName,
    expected: Expected,
    event_type: &str,
    json: &Value,
) -> Result<Appended, Refusal> {
    let event = Proposed {
        id: crate::id::fresh(),
        event_type: event_type.into(),
        is_json: true,
        data: json.to_string().into(),
        metadata: Bytes::new(),
    };
    log.write(Write::Append { stream, expected, events: vec![event] }).await
}
