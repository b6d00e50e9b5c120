//! A group's books: streams of the log that say how far it is, and what it could not handle.

use super::{queue::Item, settings};
use crate::log::{
    Log, Refusal, StreamName, Write, clock,
    event::{METADATA_TYPE, Proposed, Revision},
    expected::Expected,
    links::{self, LINK_TYPE, Resolved},
    read_all::Direction,
    read_stream::{self, State},
    readers::{Page, Unreadable},
};
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;

/// The type of the event that says how far a group is.
const CHECKPOINT_TYPE: &str = "$SubscriptionCheckpoint";

/// The books of one group.
#[derive(Clone)]
pub(crate) struct Books {
    log: Arc<Log>,
    checkpoint: StreamName,
    parked: StreamName,
    all: bool,
}

/// What a parked event says besides what it links to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parked<'a> {
    added: String,
    reason: &'a str,
    subscription_event_number: Revision,
}

impl Books {
    /// The books of the group `key`; it reads `$all` or a stream.
    pub(crate) fn new(log: Arc<Log>, key: &str, all: bool) -> Self {
        let book =
            |kind| StreamName::stored(&format!("$persistentsubscription-{key}-{kind}"), false);
        Self { log, checkpoint: book("checkpoint"), parked: book("parked"), all }
    }

    /// Everything up to here was handled; nothing if that was never written.
    pub(crate) async fn checkpoint(&self) -> Result<Option<i64>, Unreadable> {
        let newest = newest(&self.log, self.checkpoint.clone()).await?;
        Ok(newest
            .and_then(|data| settings::parse_place(&serde_json::from_slice::<String>(&data).ok()?)))
    }

    pub(crate) async fn write_checkpoint(&self, place: i64) -> Result<(), Refusal> {
        let text = serde_json::Value::from(settings::place_text(self.all, place)).to_string();
        self.append(&self.checkpoint, CHECKPOINT_TYPE, text.into_bytes(), Bytes::new()).await
    }

    /// Puts an event aside; readers get it again when it is replayed.
    pub(crate) async fn park(&self, item: &Item, reason: &str) -> Result<(), Refusal> {
        let (Some(event), Some(original)) = (
            item.resolved.event.as_ref().or(item.resolved.link.as_ref()),
            item.resolved.original(),
        ) else {
            return Ok(());
        };
        let metadata = Parked {
            added: clock::rfc3339(clock::now()),
            reason,
            subscription_event_number: original.revision,
        };
        let metadata = serde_json::to_vec_pretty(&metadata).unwrap_or_default();
        let link = format!("{}@{}", event.revision, event.stream);
        self.append(&self.parked, LINK_TYPE, link.into_bytes(), metadata.into()).await
    }

    /// What is parked, up to the number `stop_at` (exclusive), and the number after the last of it.
    pub(crate) async fn parked(
        &self,
        stop_at: Option<Revision>,
    ) -> Result<(Vec<Resolved>, Revision), Unreadable> {
        let parked = self.parked.clone();
        self.log
            .readers
            .query(move |page| {
                let State::Readable(stream) = read_stream::state(page, &parked)? else {
                    return Ok((Vec::new(), 0));
                };
                let end = stop_at.unwrap_or(Revision::MAX).min(stream.last + 1);
                let mut found = Vec::new();
                let mut from = stream.first;
                while from < end {
                    let events = read_stream::page(page, stream, Direction::Forwards, from, 512)?;
                    let Some(last) = events.events.last() else { break };
                    from = last.revision + 1;
                    let wanted = events.events.into_iter().filter(|event| event.revision < end);
                    found.extend(links::resolve(page, wanted.collect())?);
                }
                // What it links to may be gone; there is nothing to replay then.
                found.retain(|resolved| resolved.event.is_some());
                Ok((found, end))
            })
            .await
    }

    /// Forgets what was parked before this number.
    pub(crate) async fn forget_parked(&self, before: Revision) -> Result<(), Refusal> {
        let metadata = format!(r#"{{"$tb":{before}}}"#);
        let stream = self.parked.metastream();
        self.append(&stream, METADATA_TYPE, metadata.into_bytes(), Bytes::new()).await
    }

    /// How many events are parked.
    pub(crate) async fn parked_count(&self) -> Result<i64, Unreadable> {
        let parked = self.parked.clone();
        let count = move |page: &mut Page<'_>| {
            Ok(match read_stream::state(page, &parked)? {
                State::Readable(stream) => stream.last + 1 - stream.first,
                State::Absent | State::Tombstoned => 0,
            })
        };
        self.log.readers.query(count).await
    }

    /// Deletes the books; what was never written cannot be, and need not.
    pub(crate) async fn delete(&self) -> Result<(), Refusal> {
        for stream in [&self.checkpoint, &self.parked] {
            let write = Write::Delete { stream: stream.clone(), expected: Expected::Any };
            match self.log.write(write).await {
                Ok(_) | Err(Refusal::Conflict { .. } | Refusal::Deleted) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }

    async fn append(
        &self,
        stream: &StreamName,
        event_type: &str,
        data: Vec<u8>,
        metadata: Bytes,
    ) -> Result<(), Refusal> {
        append(&self.log, stream, event_type, data, metadata).await
    }
}

/// Appends an event of the server's own.
pub(crate) async fn append(
    log: &Log,
    stream: &StreamName,
    event_type: &str,
    data: Vec<u8>,
    metadata: Bytes,
) -> Result<(), Refusal> {
    let event = Proposed {
        id: crate::id::fresh(),
        event_type: event_type.into(),
        is_json: event_type != LINK_TYPE,
        data: data.into(),
        metadata,
    };
    let write =
        Write::Append { stream: stream.clone(), expected: Expected::Any, events: vec![event] };
    log.write(write).await.map(|_| ())
}

/// The data of a stream's newest visible event.
pub(crate) async fn newest(log: &Log, stream: StreamName) -> Result<Option<Bytes>, Unreadable> {
    log.readers
        .query(move |page| {
            let State::Readable(readable) = read_stream::state(page, &stream)? else {
                return Ok(None);
            };
            let newest = read_stream::page(page, readable, Direction::Backwards, readable.last, 1)?;
            Ok(newest.events.first().map(|event| event.data.clone()))
        })
        .await
}
