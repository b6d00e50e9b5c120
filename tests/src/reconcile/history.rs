//! The history as it lies in the log, in its order, with nothing left out.

use anyhow::{Context as _, Result};
use domain::event::Encoded;
use eventstore::{Client, ReadAllOptions, ResolvedEvent, StreamPosition};
use serde_json::Value;
use uuid::Uuid;

/// One event as it is stored.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) position: u64,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) metadata: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

impl Event {
    /// A member of the metadata.
    pub(crate) fn metadata(&self, name: &str) -> Value {
        let metadata: Value = serde_json::from_slice(&self.metadata).unwrap_or_default();
        metadata.get(name).cloned().unwrap_or_default()
    }

    /// What [`domain::event::decode`] reads.
    pub(crate) fn encoded(&self) -> Result<Encoded> {
        let schema = self.metadata("schema").as_u64().context("its metadata name no schema")?;
        let data = serde_json::from_slice(&self.data).context("its payload is no JSON")?;
        Ok(Encoded { event_type: self.kind.clone(), schema: usize::try_from(schema)?, data })
    }

    /// The noun, and the id that follows it.
    pub(crate) fn noun(&self) -> (&str, &str) {
        self.stream.split_once('-').unwrap_or((&self.stream, ""))
    }
}

/// Shows every event to `see`, system events included.
pub(crate) async fn each(log: &str, mut see: impl FnMut(Event)) -> Result<()> {
    let client = Client::new(log.parse().context("the log's address")?)?;
    let options = ReadAllOptions::default().position(StreamPosition::Start);
    let mut events = client.read_all(&options).await.context("the log does not answer")?;
    while let Some(event) = events.next().await? {
        see(stored(event).context("an event without a record")?);
    }
    Ok(())
}

fn stored(event: ResolvedEvent) -> Option<Event> {
    let record = event.event.or(event.link)?;
    Some(Event {
        stream: record.stream_id,
        revision: record.revision,
        position: record.position.commit,
        id: record.id,
        kind: record.event_type,
        metadata: record.custom_metadata.to_vec(),
        data: record.data.to_vec(),
    })
}
