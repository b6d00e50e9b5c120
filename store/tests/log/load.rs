//! Loading: bounded folds, and the past.

use chrono::TimeDelta;
use domain::event::DecodeError;
use store::{AsOf, Context, Position, ReadError};

use crate::support::{Command, Event, Tally, connect, context, fresh, new_id, noon};

#[tokio::test]
async fn a_fold_reads_no_further_back_than_the_last_summary() {
    let (store, log) = fresh().await;
    let id = new_id();
    for _ in 0..5 {
        let add = Command::AddEach(vec![1; 50]);
        log.execute::<Tally>(id, &add, &context()).await.unwrap();
    }
    // Another node, which does not remember.
    let other = connect(&store).await;
    let Tally { sum, additions, folded, .. } = other.load::<Tally>(id).await.unwrap().state;
    assert_eq!((sum, additions), (250, 250));
    assert_eq!(folded, 51, "the second summary and what came after it");

    let events = log.read_stream(&format!("tally-{id}"), 0, 1_000).await.unwrap();
    let summaries = events.iter().filter(|event| event.event_type == "tally.summarised");
    assert_eq!(summaries.map(|event| event.revision).collect::<Vec<_>>(), [100, 201]);
    assert_eq!(events.len(), 252);
}

#[tokio::test]
async fn a_state_that_is_too_large_for_a_summary_goes_on_without_one() {
    let (store, log) = fresh().await;
    let id = new_id();
    for revision in [99, 199] {
        let add = Command::AddEach(vec![20_000; 100]);
        let done = log.execute::<Tally>(id, &add, &context()).await.unwrap();
        assert_eq!(done.revision, Some(revision));
    }
    let Tally { sum, folded, .. } = connect(&store).await.load::<Tally>(id).await.unwrap().state;
    assert_eq!((sum, folded), (4_000_000, 200));
}

#[tokio::test]
async fn the_answer_to_a_command_knows_of_the_summary_it_caused() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let add = Command::AddEach(vec![1; 100]);
    let done = log.execute::<Tally>(id, &add, &context()).await.unwrap();
    assert_eq!((done.revision, done.events.len()), (Some(100), 100));
    log.execute_at::<Tally>(id, &Command::Add(1), &context(), done.revision).await.unwrap();
}

#[tokio::test]
async fn an_append_of_more_than_a_page_is_folded_whole() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let add = Command::AddEach(vec![1; 300]);
    let done = log.execute::<Tally>(id, &add, &context()).await.unwrap();
    assert_eq!(done.state.sum, 300);
    let past =
        AsOf::Position(log.read_stream(&format!("tally-{id}"), 298, 1).await.unwrap()[0].position);
    assert_eq!(log.state_at::<Tally>(id, past).await.unwrap().state.sum, 299);
}

#[tokio::test]
async fn a_summary_of_another_release_is_read_past() {
    let (store, log) = fresh().await;
    let id = new_id();
    log.execute::<Tally>(id, &Command::AddEach(vec![1, 2]), &context()).await.unwrap();
    foreign_summary(&store.url(), &format!("tally-{id}"), &log).await;
    log.execute::<Tally>(id, &Command::Add(4), &context()).await.unwrap();

    let loaded = log.load::<Tally>(id).await.unwrap();
    assert_eq!((loaded.state.sum, loaded.state.folded, loaded.revision), (7, 3, Some(3)));
}

/// Appends a summary with schema 1, as an older release would have.
async fn foreign_summary(url: &str, stream: &str, log: &store::Log) {
    let newest = log.read_stream(stream, 1, 1).await.unwrap().remove(0);
    let mut metadata = newest.metadata;
    metadata.schema = 1;
    let event = eventstore::EventData::json("tally.summarised", &serde_json::json!({ "old": 1 }))
        .and_then(|event| event.metadata_as_json(&metadata))
        .unwrap();
    let client = eventstore::Client::new(url.parse().unwrap()).unwrap();
    let exact = eventstore::ExpectedRevision::Exact(newest.revision);
    let options = eventstore::AppendToStreamOptions::default().expected_revision(exact);
    client.append_to_stream(stream, &options, event).await.unwrap();
}

#[tokio::test]
async fn an_event_that_is_none_of_ours_is_named_and_not_skipped() {
    let (store, log) = fresh().await;
    let id = new_id();
    let stream = format!("tally-{id}");
    let client = eventstore::Client::new(store.url().parse().unwrap()).unwrap();
    let none = eventstore::ExpectedRevision::NoStream;
    let options = eventstore::AppendToStreamOptions::default().expected_revision(none);
    let event = eventstore::EventData::binary("tally.added", "no JSON".into());
    client.append_to_stream(&*stream, &options, event).await.unwrap();

    let Err(ReadError::Unreadable(unreadable)) = log.load::<Tally>(id).await else {
        panic!("it must not be folded")
    };
    assert_eq!((unreadable.stream, unreadable.revision), (stream, 0));
    assert!(matches!(unreadable.source, DecodeError::Malformed { .. }));
}

#[tokio::test]
async fn the_past_is_the_stream_up_to_a_time_or_a_position() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let mut positions = Vec::new();
    for second in 0..3 {
        let occurred_at = noon() + TimeDelta::seconds(second);
        let context = Context { occurred_at, ..context() };
        let done = log.execute::<Tally>(id, &Command::Add(1), &context).await.unwrap();
        positions.push(done.position.unwrap());
    }
    let at = async |moment| log.state_at::<Tally>(id, moment).await.unwrap();

    let second = at(AsOf::Time(noon() + TimeDelta::milliseconds(1_999))).await;
    assert_eq!(
        (second.state.sum, second.revision, second.position),
        (2, Some(1), Some(positions[1]))
    );
    let first = at(AsOf::Position(positions[0])).await;
    assert_eq!((first.state.sum, first.revision), (1, Some(0)));
    let before = at(AsOf::Time(noon() - TimeDelta::seconds(1))).await;
    assert_eq!((before.state, before.revision), (Tally::default(), None));
    assert_eq!(at(AsOf::Position(Position::START)).await.revision, None);
    let now = at(AsOf::Position(positions[2])).await;
    assert_eq!(now.state, log.load::<Tally>(id).await.unwrap().state);
}

#[tokio::test]
async fn the_past_before_a_summary_is_not_the_summary() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let early = log.execute::<Tally>(id, &Command::Add(1), &context()).await.unwrap();
    log.execute::<Tally>(id, &Command::AddEach(vec![1; 150]), &context()).await.unwrap();
    let past = AsOf::Position(early.position.unwrap());
    assert_eq!(log.state_at::<Tally>(id, past).await.unwrap().state.sum, 1);
}

#[tokio::test]
async fn what_was_written_is_what_is_read() {
    let (_store, log) = fresh().await;
    let id = new_id();
    log.execute::<Tally>(id, &Command::Add(5), &context()).await.unwrap();
    let event = log.read_stream(&format!("tally-{id}"), 0, 1).await.unwrap().remove(0);
    assert_eq!(event.decode::<Event>().unwrap(), Event::added(5));
    assert_eq!((event.category(), event.id_of::<Tally>()), ("tally", Some(id)));
    assert_eq!(event.id_of::<crate::support::Latest>(), None);
}
