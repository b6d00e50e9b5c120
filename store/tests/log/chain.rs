//! The chain of digests within a stream.

use store::{Chain, digest_of};

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

#[tokio::test]
async fn a_chain_that_was_written_by_commands_is_intact() {
    let (_store, log) = fresh().await;
    let id = new_id();
    for _ in 0..3 {
        let add = Command::AddEach(vec![1; 250]);
        log.execute::<Tally>(id, &add, &context()).await.unwrap();
    }
    let chain = log.check_chain(&format!("tally-{id}")).await.unwrap();
    assert_eq!(chain, Chain::Intact { events: 753 });
    let nothing = log.check_chain("tally-unknown").await.unwrap();
    assert_eq!(nothing, Chain::Intact { events: 0 });
}

#[tokio::test]
async fn an_event_put_in_past_the_commands_breaks_the_chain_where_it_lies() {
    let (store, log) = fresh().await;
    let id = new_id();
    let stream = format!("tally-{id}");
    log.execute::<Tally>(id, &Command::AddEach(vec![1, 2]), &context()).await.unwrap();
    let newest = log.read_stream(&stream, 1, 1).await.unwrap().remove(0);
    let event = eventstore::EventData::json("tally.added", &newest.data)
        .and_then(|event| event.metadata_as_json(&newest.metadata))
        .unwrap();
    let client = eventstore::Client::new(store.url().parse().unwrap()).unwrap();
    let exact = eventstore::ExpectedRevision::Exact(1);
    let options = eventstore::AppendToStreamOptions::default().expected_revision(exact);
    client.append_to_stream(&*stream, &options, event).await.unwrap();
    assert_eq!(log.check_chain(&stream).await.unwrap(), Chain::Broken { revision: 2 });
}
