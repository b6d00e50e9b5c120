//! The chain of digests within a stream.

use store::digest_of;

use crate::support::{Command, Tally, context, fresh, new_id};

#[tokio::test]
async fn every_event_names_the_digest_of_the_one_before_it_as_stored() {
    let (store, log) = fresh().await;
    let id = new_id();
    for amounts in [vec![1], vec![2, 3], vec![4; 100], vec![5]] {
        log.execute::<Tally>(id, &Command::AddEach(amounts), &context()).await.unwrap();
    }
    let stream = format!("tally-{id}");
    let events = log.read_stream(&stream, 0, 1_000).await.unwrap();
    assert_eq!(events.len(), 105, "a summary is a link of the chain");

    let client = eventstore::Client::new(store.url().parse().unwrap()).unwrap();
    let mut read =
        client.read_stream(&*stream, &eventstore::ReadStreamOptions::default()).await.unwrap();
    let mut expected = None;
    for event in events {
        assert_eq!(event.metadata.prev, expected, "at {}", event.revision);
        let stored = read.next().await.unwrap().unwrap().event.unwrap();
        expected =
            Some(hex::encode(digest_of(&stored.event_type, &stored.custom_metadata, &stored.data)));
    }
}
