//! Following the log.

use std::time::Duration;

use store::{Batch, Follower, Item, Log, Position, Recorded};

use crate::support::{Command, Latest, Tally, context, eventually, fresh, new_id};

#[tokio::test]
async fn a_follower_gets_the_past_and_then_the_present() {
    let (_store, log) = fresh().await;
    let id = new_id();
    add(&log, id, 3).await;
    let mut follower = log.follow(None, &["tally"]);
    assert_eq!(take(&mut follower, 3).await.len(), 3);
    add(&log, id, 2).await;
    let events = take(&mut follower, 2).await;
    assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn a_batch_is_never_larger_than_asked_for() {
    let (_store, log) = fresh().await;
    add(&log, new_id(), 90).await;
    let mut follower = log.follow(None, &["tally"]);
    let mut seen = 0;
    while seen < 90 {
        let batch = follower.next_batch(7).await;
        assert!(batch.events.len() <= 7);
        if let Some(last) = batch.events.last() {
            assert!(batch.reached >= last.position());
        }
        seen += batch.events.len();
        assert_eq!(follower.status().reached(), batch.reached);
    }
    assert_eq!(seen, 90);
}

#[tokio::test]
async fn a_follower_resumes_just_after_where_it_was() {
    let (_store, log) = fresh().await;
    let id = new_id();
    add(&log, id, 10).await;
    let reached = {
        let mut follower = log.follow(None, &["tally"]);
        take(&mut follower, 4).await.last().unwrap().position
    };
    let events = take(&mut log.follow(Some(reached), &["tally"]), 6).await;
    assert_eq!(events.first().map(|event| event.revision), Some(4));
}

#[tokio::test]
async fn only_the_categories_asked_for_come() {
    let (_store, log) = fresh().await;
    log.execute::<Latest>(new_id(), &1, &context()).await.unwrap();
    add(&log, new_id(), 1).await;
    log.execute::<Latest>(new_id(), &2, &context()).await.unwrap();
    add(&log, new_id(), 1).await;
    let events = take(&mut log.follow(None, &["tally", "late"]), 2).await;
    assert!(events.iter().all(|event| event.category() == "tally"));
}

#[tokio::test]
async fn the_position_moves_on_past_events_of_others() {
    let (_store, log) = fresh().await;
    add(&log, new_id(), 1).await;
    let mut follower = log.follow(None, &["tally"]);
    take(&mut follower, 1).await;
    for amount in 0..20 {
        log.execute::<Latest>(new_id(), &amount, &context()).await.unwrap();
    }
    let head = log.head().await.unwrap().unwrap();
    let batch = until(&mut follower, |batch| batch.reached >= head).await;
    assert!(batch.events.is_empty() && batch.caught_up);
}

#[tokio::test]
async fn an_empty_log_is_caught_up_with_at_once() {
    let (_store, log) = fresh().await;
    let mut follower = log.follow(None, &["tally"]);
    let batch = until(&mut follower, |batch| batch.caught_up).await;
    assert_eq!((batch.reached, batch.events.len()), (Position::START, 0));
}

#[tokio::test]
async fn what_a_reader_knows_is_confirmed_only_when_it_comes_back_for_more() {
    let (_store, log) = fresh().await;
    add(&log, new_id(), 1).await;
    let mut follower = log.follow(None, &["tally"]);
    let status = follower.status();
    assert_eq!(status.confirmed(), None);
    take(&mut follower, 1).await;
    assert_eq!(status.confirmed(), None);
    let reading = tokio::spawn(async move {
        loop {
            follower.next_batch(10).await;
        }
    });
    eventually(async || status.confirmed().filter(|_| status.is_connected())).await;
    let first = status.confirmed();
    // It goes on being confirmed, though nothing happens.
    eventually(async || (status.confirmed() < first).then_some(())).await;
    assert!(status.since_last_frame().is_some());
    reading.abort();
}

#[tokio::test]
async fn waiting_for_a_batch_may_be_given_up_and_nothing_is_lost() {
    let (_store, log) = fresh().await;
    let id = new_id();
    let mut follower = log.follow(None, &["tally"]);
    let mut revisions = Vec::new();
    let writing = tokio::spawn(async move { add(&log, id, 60).await });
    while revisions.len() < 60 {
        let wait = tokio::time::timeout(Duration::from_micros(300), follower.next_batch(5));
        if let Ok(batch) = wait.await {
            revisions.extend(batch.events.into_iter().map(|item| event(item).revision));
        }
    }
    assert_eq!(revisions, (0..60).collect::<Vec<_>>());
    writing.await.unwrap();
}

#[tokio::test]
async fn an_event_that_can_not_be_read_is_handed_out_by_name() {
    let (store, log) = fresh().await;
    let client = eventstore::Client::new(store.url().parse().unwrap()).unwrap();
    let none = eventstore::ExpectedRevision::NoStream;
    let options = eventstore::AppendToStreamOptions::default().expected_revision(none);
    let foreign = eventstore::EventData::binary("odd", "no JSON".into());
    client.append_to_stream("tally-odd", &options, foreign).await.unwrap();
    let mut follower = log.follow(None, &["tally"]);
    let batch = until(&mut follower, |batch| !batch.events.is_empty()).await;
    let Some(Item::Unreadable(unreadable)) = batch.events.first() else { panic!("{batch:?}") };
    assert_eq!((&*unreadable.stream, &*unreadable.event_type), ("tally-odd", "odd"));
}

pub(crate) async fn add(log: &Log, id: domain::id::VaultRef, times: usize) {
    for _ in 0..times {
        log.execute::<Tally>(id, &Command::Add(1), &context()).await.unwrap();
    }
}

/// Takes exactly `count` events.
pub(crate) async fn take(follower: &mut Follower, count: usize) -> Vec<Recorded> {
    let taking = async {
        let mut events = Vec::new();
        while events.len() < count {
            let batch = follower.next_batch(count - events.len()).await;
            events.extend(batch.events.into_iter().map(event));
        }
        events
    };
    tokio::time::timeout(Duration::from_secs(30), taking).await.expect("the events come")
}

async fn until(follower: &mut Follower, enough: impl Fn(&Batch) -> bool) -> Batch {
    let waiting = async {
        loop {
            let batch = follower.next_batch(100).await;
            if enough(&batch) {
                return batch;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the batch comes")
}

pub(crate) fn event(item: Item) -> Recorded {
    match item {
        Item::Event(event) => event,
        Item::Unreadable(unreadable) => panic!("{unreadable}"),
    }
}
