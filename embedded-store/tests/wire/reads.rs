//! Reading: what is visible, in which order, from where.

use crate::support::{
    append, describe, event, events, name, numbers, read, read_all, read_with, server, soon, store,
};
use ExpectedRevision::{Any, NoStream};
use eventstore::{
    Client, Error, EventData, ExpectedRevision, ReadAllOptions, ReadEvent, ReadStreamOptions,
    StreamPosition::{End, Position, Start},
};
use serde_json::json;

fn from_start() -> ReadStreamOptions {
    ReadStreamOptions::default().position(Start)
}

#[tokio::test]
async fn a_missing_stream_is_not_found_once_it_is_read() {
    let (store, client) = server().await;
    let mut stream = soon(client.read_stream(name("s"), &from_start())).await.unwrap();
    assert!(matches!(stream.next().await, Err(Error::ResourceNotFound)));
    store.shutdown().await;
}

#[tokio::test]
async fn a_stream_is_read_from_the_given_number_on_in_both_directions() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..10)).await.unwrap();
    let forwards = ReadStreamOptions::default().position(Position(4)).max_count(3);
    assert_eq!(numbers(&read_with(&client, &name("s"), &forwards).await.unwrap()), [4, 5, 6]);
    let backwards = ReadStreamOptions::default().backwards().position(Position(4)).max_count(3);
    assert_eq!(numbers(&read_with(&client, &name("s"), &backwards).await.unwrap()), [4, 3, 2]);
    let newest = ReadStreamOptions::default().backwards().position(End).max_count(1);
    assert_eq!(numbers(&read_with(&client, &name("s"), &newest).await.unwrap()), [9]);
    let beyond = ReadStreamOptions::default().backwards().position(Position(99)).max_count(1);
    assert_eq!(numbers(&read_with(&client, &name("s"), &beyond).await.unwrap()), [9]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_long_stream_is_read_whole_in_both_directions() {
    let (store, client) = server().await;
    for first in (0..2000).step_by(500) {
        append(&client, &name("s"), Any, events(first..first + 500)).await.unwrap();
    }
    let all: Vec<_> = (0..2000).collect();
    assert_eq!(numbers(&read(&client, &name("s")).await.unwrap()), all);
    let backwards = ReadStreamOptions::default().backwards().position(End);
    let newest_first = numbers(&read_with(&client, &name("s"), &backwards).await.unwrap());
    assert_eq!(newest_first, all.into_iter().rev().collect::<Vec<_>>());
    store.shutdown().await;
}

#[tokio::test]
async fn all_includes_the_position_forwards_and_excludes_it_backwards() {
    let (store, client) = store().await;
    append(&client, "a", NoStream, event(0)).await.unwrap();
    let middle = append(&client, "b", NoStream, event(1)).await.unwrap().position;
    append(&client, "a", Any, event(2)).await.unwrap();

    let forwards = ReadAllOptions::default().position(Position(middle));
    assert_eq!(numbers(&read_all(&client, &forwards).await.unwrap()), [1, 2]);
    let backwards = ReadAllOptions::default().backwards().position(Position(middle));
    assert_eq!(numbers(&read_all(&client, &backwards).await.unwrap()), [0]);
    let newest = ReadAllOptions::default().backwards().position(End).max_count(2);
    assert_eq!(numbers(&read_all(&client, &newest).await.unwrap()), [2, 1]);
    store.shutdown().await;
}

#[tokio::test]
async fn all_is_in_the_order_of_the_appends() {
    let (store, client) = store().await;
    for first in (0..3000).step_by(300) {
        append(&client, &format!("s-{}", first % 7), Any, events(first..first + 300))
            .await
            .unwrap();
    }
    let options = ReadAllOptions::default().position(Start);
    let seen = read_all(&client, &options).await.unwrap();
    assert_eq!(numbers(&seen), (0..3000).collect::<Vec<_>>());
    let positions = seen.iter().map(|e| e.get_original_event().position.commit);
    assert!(positions.is_sorted_by(|a, b| a < b));
    store.shutdown().await;
}

#[tokio::test]
async fn of_a_metastream_only_the_newest_event_is_visible() {
    let (store, client) = server().await;
    for n in 0..3 {
        describe(&client, &name("s"), &json!({ "n": n })).await;
    }
    let seen = read(&client, &name("$$s")).await.unwrap();
    assert_eq!(numbers(&seen), [2]);
    assert_eq!(seen[0].get_original_event().revision, 2);
    store.shutdown().await;
}

/// Everything a read says, the stream's first and last number too.
async fn said(
    client: &Client,
    options: &ReadStreamOptions,
) -> (Option<u64>, Vec<u64>, Option<u64>) {
    let mut stream = client.read_stream(name("s"), options).await.unwrap();
    let (mut first, mut revisions, mut last) = (None, Vec::new(), None);
    while let Some(event) = stream.next_read_event().await.unwrap() {
        match event {
            ReadEvent::Event(event) => revisions.push(event.get_original_event().revision),
            ReadEvent::FirstStreamPosition(number) => first = Some(number),
            ReadEvent::LastStreamPosition(number) => last = Some(number),
            ReadEvent::LastAllStreamPosition(_) => panic!("never sent"),
        }
    }
    (first, revisions, last)
}

#[tokio::test]
async fn metadata_hides_events_and_the_reader_is_told_of_the_jump() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..100)).await.unwrap();

    describe(&client, &name("s"), &json!({ "$tb": 97 })).await;
    assert_eq!(said(&client, &from_start()).await, (Some(97), vec![97, 98, 99], Some(99)));

    describe(&client, &name("s"), &json!({ "$maxCount": 2 })).await;
    assert_eq!(said(&client, &from_start()).await, (Some(98), vec![98, 99], Some(99)));
    let newest = ReadStreamOptions::default().backwards().position(End);
    assert_eq!(said(&client, &newest).await, (None, vec![99, 98], Some(99)));

    describe(&client, &name("s"), &json!({ "$maxCount": "two", "$tb": -1, "note": 1 })).await;
    let (first, revisions, last) = said(&client, &from_start()).await;
    assert_eq!((first, revisions.len(), last), (None, 100, Some(99)));
    store.shutdown().await;
}

#[tokio::test]
async fn events_expire_and_the_stream_still_tells_its_last_number() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    describe(&client, &name("s"), &json!({ "$maxAge": 1 })).await;
    let expired = async {
        while said(&client, &from_start()).await != (Some(3), vec![], Some(2)) {
            tokio::task::yield_now().await;
        }
    };
    soon(expired).await;
    append(&client, &name("s"), ExpectedRevision::Exact(2), event(3)).await.unwrap();
    store.shutdown().await;
}

#[tokio::test]
async fn links_are_followed_if_asked_for() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    let link = |to: String| EventData::binary("$>", to.into());
    let to = |revision| link(format!("{revision}@{}", name("s")));
    let links = vec![to(1), to(7), link("nonsense".into())];
    append(&client, &name("l"), NoStream, links).await.unwrap();

    let plain = read(&client, &name("l")).await.unwrap();
    assert!(plain.iter().all(|e| e.link.is_none()));
    let followed = read_with(&client, &name("l"), &from_start().resolve_link_tos()).await.unwrap();
    let found: Vec<_> = followed
        .iter()
        .map(|e| (e.event.as_ref().map(|e| e.revision), e.link.as_ref().map(|e| e.revision)))
        .collect();
    assert_eq!(found, [(Some(1), Some(0)), (None, Some(1)), (Some(2), None)]);
    store.shutdown().await;
}
