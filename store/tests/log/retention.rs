//! What the log may forget.

use domain::{Aggregate, Rejection, Retention, StoredEvent, Time, id::VaultRef};
use serde::{Deserialize, Serialize};

use crate::support::{Latest, context, fresh, new_id};

#[tokio::test]
async fn of_some_streams_only_the_newest_event_is_kept() {
    let (_store, log) = fresh().await;
    let id = new_id();
    for amount in 1..=3 {
        log.execute::<Latest>(id, &amount, &context()).await.unwrap();
    }
    let loaded = log.load::<Latest>(id).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (Latest(3), Some(2)));
    assert_eq!(log.read_stream(&format!("latest-{id}"), 0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn age_is_told_to_the_log_in_seconds() {
    let (store, log) = fresh().await;
    let id = new_id();
    log.execute::<Brief>(id, &(), &context()).await.unwrap();
    let metadata = stored_metadata(&store.url(), &format!("$$brief-{id}")).await;
    assert_eq!(metadata, serde_json::json!({ "$maxAge": 2 * 86_400 }));
}

#[tokio::test]
async fn a_stream_whose_events_are_all_gone_is_not_a_new_one() {
    let (store, log) = fresh().await;
    let id = new_id();
    log.execute::<Brief>(id, &(), &context()).await.unwrap();
    log.execute::<Brief>(id, &(), &context()).await.unwrap();
    forget_all_before(&store.url(), &format!("brief-{id}"), 2).await;

    let loaded = log.load::<Brief>(id).await.unwrap();
    assert_eq!((loaded.state, loaded.revision, loaded.position), (Brief(0), Some(1), None));
    let done = log.execute::<Brief>(id, &(), &context()).await.unwrap();
    assert_eq!((done.state, done.revision), (Brief(1), Some(2)));
}

async fn stored_metadata(url: &str, stream: &str) -> serde_json::Value {
    let client = eventstore::Client::new(url.parse().unwrap()).unwrap();
    let mut read =
        client.read_stream(stream, &eventstore::ReadStreamOptions::default()).await.unwrap();
    let event = read.next().await.unwrap().unwrap().event.unwrap();
    serde_json::from_slice(&event.data).unwrap()
}

async fn forget_all_before(url: &str, stream: &str, revision: u64) {
    let client = eventstore::Client::new(url.parse().unwrap()).unwrap();
    let metadata = eventstore::StreamMetadataBuilder::new().truncate_before(revision).build();
    let exact = eventstore::ExpectedRevision::Exact(0);
    let options = eventstore::AppendToStreamOptions::default().expected_revision(exact);
    client.set_stream_metadata(stream, &options, &metadata).await.unwrap();
}

/// Counts, and is forgotten after two days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Brief(u64);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Counted {
    #[serde(rename = "brief.counted")]
    One {},
}

impl StoredEvent for Counted {}

#[derive(Debug, thiserror::Error)]
enum Never {}

impl Rejection for Never {
    fn code(&self) -> &'static str {
        match *self {}
    }
}

impl Aggregate for Brief {
    const CATEGORY: &'static str = "brief";
    const RETENTION: Retention = Retention::Days(2);

    type Id = VaultRef;
    type Command = ();
    type Event = Counted;
    type Rejection = Never;

    fn decide(&self, (): &()) -> Result<Vec<Counted>, Never> {
        Ok(vec![Counted::One {}])
    }

    fn evolve(self, Counted::One {}: &Counted, _at: Time) -> Self {
        Self(self.0 + 1)
    }
}
