//! Following: history, then what is appended, each event once and in order.

use crate::support::{
    append, caught_up, event, events, name, next, next_event, number, numbers, server, soon, store,
};
use ExpectedRevision::{Any, NoStream};
use eventstore::{
    Error, ExpectedRevision,
    StreamPosition::{End, Position, Start},
    SubscribeToAllOptions, SubscribeToStreamOptions, SubscriptionEvent, TombstoneStreamOptions,
};

#[tokio::test]
async fn a_stream_is_followed_from_its_start_and_then_live() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    let options = SubscribeToStreamOptions::default().start_from(Start);
    let mut follower = client.subscribe_to_stream(name("s"), &options).await;
    assert!(matches!(next(&mut follower).await, SubscriptionEvent::Confirmed(_)));
    assert_eq!(numbers(&caught_up(&mut follower).await), [0, 1, 2]);
    append(&client, &name("t"), NoStream, event(8)).await.unwrap();
    append(&client, &name("s"), Any, events(3..5)).await.unwrap();
    assert_eq!(number(&next_event(&mut follower).await), 3);
    assert_eq!(number(&next_event(&mut follower).await), 4);
    store.shutdown().await;
}

#[tokio::test]
async fn the_start_of_a_subscription_is_exclusive() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, events(0..2)).await.unwrap();
    let second = append(&client, "s", Any, event(2)).await.unwrap().position;
    append(&client, "s", Any, event(3)).await.unwrap();

    let options = SubscribeToStreamOptions::default().start_from(Position(1));
    let mut stream = client.subscribe_to_stream("s", &options).await;
    assert_eq!(numbers(&caught_up(&mut stream).await), [2, 3]);
    let options = SubscribeToAllOptions::default().position(Position(second));
    let mut all = client.subscribe_to_all(&options).await;
    assert_eq!(numbers(&caught_up(&mut all).await), [3]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_subscription_from_the_end_sees_only_what_comes() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, events(0..3)).await.unwrap();
    let options = SubscribeToStreamOptions::default().start_from(End);
    let mut stream = client.subscribe_to_stream("s", &options).await;
    let mut all = client.subscribe_to_all(&SubscribeToAllOptions::default().position(End)).await;
    assert!(caught_up(&mut stream).await.is_empty());
    assert!(caught_up(&mut all).await.is_empty());
    append(&client, "s", Any, event(3)).await.unwrap();
    assert_eq!(number(&next_event(&mut stream).await), 3);
    assert_eq!(number(&next_event(&mut all).await), 3);
    store.shutdown().await;
}

#[tokio::test]
async fn a_missing_stream_is_followed_until_it_is_written() {
    let (store, client) = server().await;
    let options = SubscribeToStreamOptions::default().start_from(Start);
    let mut follower = client.subscribe_to_stream(name("s"), &options).await;
    assert!(caught_up(&mut follower).await.is_empty());
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    assert_eq!(number(&next_event(&mut follower).await), 0);
    store.shutdown().await;
}

#[tokio::test]
async fn following_while_many_write_leaves_no_gap_and_repeats_nothing() {
    let (store, client) = store().await;
    append(&client, "s-0", Any, events(0..500)).await.unwrap();
    let followers: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let options = SubscribeToAllOptions::default().position(Start);
                let mut all = client.subscribe_to_all(&options).await;
                let mut seen = Vec::new();
                while seen.len() < 1300 {
                    seen.push(next_event(&mut all).await.get_original_event().position.commit);
                }
                seen
            })
        })
        .collect();
    let writers: Vec<_> = (1..9)
        .map(|writer| {
            let client = client.clone();
            tokio::spawn(async move {
                for n in 0..100 {
                    let event = event(writer * 1000 + n);
                    append(&client, &format!("s-{writer}"), Any, event).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        soon(writer).await.unwrap();
    }
    let mut all = Vec::new();
    for follower in followers {
        let seen = soon(follower).await.unwrap();
        assert!(seen.is_sorted_by(|a, b| a < b));
        all.push(seen);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "everyone sees the same log");
    store.shutdown().await;
}

#[tokio::test]
async fn whoever_falls_behind_the_tail_catches_up_and_misses_nothing() {
    let (store, client) = store().await;
    let options = SubscribeToAllOptions::default().position(Start);
    let mut slow = client.subscribe_to_all(&options).await;
    assert!(caught_up(&mut slow).await.is_empty());
    // More than the tail in memory and the transport's windows hold.
    let large = |n: usize| {
        eventstore::EventData::binary("large", vec![b'x'; 200_000].into()).id(super::support::id(n))
    };
    for n in 0..100 {
        append(&client, "s", Any, large(n)).await.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 100 {
        seen.push(next_event(&mut slow).await.get_original_event().revision);
    }
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
    store.shutdown().await;
}

#[tokio::test]
async fn a_tombstone_is_delivered_and_ends_the_subscription() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    let options = SubscribeToStreamOptions::default().start_from(Start);
    let mut follower = client.subscribe_to_stream(name("s"), &options).await;
    caught_up(&mut follower).await;
    client.tombstone_stream(name("s"), &TombstoneStreamOptions::default()).await.unwrap();
    let tombstone = next_event(&mut follower).await;
    assert_eq!(tombstone.get_original_event().event_type, "$streamDeleted");
    let end = soon(follower.next_subscription_event()).await;
    assert!(matches!(end, Err(Error::ResourceDeleted)), "{end:?}");
    let mut late = client.subscribe_to_stream(name("s"), &options).await;
    let refused = soon(late.next_subscription_event()).await;
    assert!(matches!(refused, Err(Error::ResourceDeleted)), "{refused:?}");
    store.shutdown().await;
}
