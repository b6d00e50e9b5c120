//! What a group does with an event that its reader cannot handle, or does not answer for.

use crate::support::{append, event, events, name, number, server, soon};
use eventstore::{
    Client, Error, EventData, ExpectedRevision::NoStream, NakAction, PersistentSubscription,
    PersistentSubscriptionEvent, PersistentSubscriptionOptions, ResolvedEvent, StreamPosition,
    SubscribeToPersistentSubscriptionOptions,
};
use std::time::Duration;

async fn join(client: &Client, options: PersistentSubscriptionOptions) -> PersistentSubscription {
    let options = options.start_from(StreamPosition::Start);
    client.create_persistent_subscription(name("s"), "g", &options).await.unwrap();
    let options = SubscribeToPersistentSubscriptionOptions::default().buffer_size(1);
    soon(client.subscribe_to_persistent_subscription(name("s"), "g", &options)).await.unwrap()
}

/// The next event, and how often it came before.
async fn next(reader: &mut PersistentSubscription) -> (ResolvedEvent, usize) {
    loop {
        match soon(reader.next_subscription_event()).await.unwrap() {
            PersistentSubscriptionEvent::EventAppeared { event, retry_count } => {
                return (event, retry_count);
            }
            PersistentSubscriptionEvent::Confirmed(_) => {}
        }
    }
}

fn options() -> PersistentSubscriptionOptions {
    PersistentSubscriptionOptions::default()
}

#[tokio::test]
async fn what_is_to_be_tried_again_comes_again_and_says_how_often() {
    let (server, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    let mut reader = join(&client, options()).await;
    for before in 0..3 {
        let (event, tries) = next(&mut reader).await;
        assert_eq!((number(&event), tries), (0, before));
        let id = event.get_original_event().id;
        reader.nack_ids([id], NakAction::Retry, "not now").await.unwrap();
    }
    let (event, tries) = next(&mut reader).await;
    assert_eq!((number(&event), tries), (0, 3));
    reader.ack_ids([event.get_original_event().id]).await.unwrap();
    assert_eq!(number(&next(&mut reader).await.0), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_skipped_or_stopped_at_does_not_come_again() {
    let (server, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    let mut reader = join(&client, options()).await;
    for (n, action) in [(0, NakAction::Skip), (1, NakAction::Stop)] {
        let (event, _) = next(&mut reader).await;
        assert_eq!(number(&event), n);
        reader.nack_ids([event.get_original_event().id], action, "no").await.unwrap();
    }
    assert_eq!(number(&next(&mut reader).await.0), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn what_was_tried_often_enough_is_parked() {
    let (server, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    let mut reader = join(&client, options().max_retry_count(1)).await;
    for before in 0..2 {
        let (event, tries) = next(&mut reader).await;
        assert_eq!((number(&event), tries), (0, before));
        let id = event.get_original_event().id;
        reader.nack_ids([id], NakAction::Unknown, "no").await.unwrap();
    }
    assert_eq!(number(&next(&mut reader).await.0), 1);
    let parked = format!("$persistentsubscription-{}::g-parked", name("s"));
    let parked = crate::support::read(&client, &parked).await.unwrap();
    let link = parked[0].get_original_event();
    assert_eq!(link.data, format!("0@{}", name("s")).as_bytes());
    server.shutdown().await;
}

#[tokio::test]
async fn what_nobody_answers_for_comes_again() {
    let (server, client) = server().await;
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    let mut reader = join(&client, options().message_timeout(Duration::from_millis(100))).await;
    for before in 0..2 {
        let (event, tries) = next(&mut reader).await;
        assert_eq!((number(&event), tries), (0, before));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn whoever_reads_is_dropped_when_the_group_is_changed() {
    let (server, client) = server().await;
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    let mut reader = join(&client, options()).await;
    next(&mut reader).await;
    let changed = options().start_from(StreamPosition::Start).max_retry_count(3);
    client.update_persistent_subscription(name("s"), "g", &changed).await.unwrap();
    let dropped = soon(reader.next_subscription_event()).await;
    assert!(dropped.is_err(), "{dropped:?}");
    let missing = client.update_persistent_subscription(name("s"), "h", &changed).await;
    assert!(matches!(missing, Err(Error::ResourceNotFound)), "{missing:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_followed_link_is_acknowledged_by_its_own_id() {
    let (server, client) = server().await;
    append(&client, &name("target"), NoStream, event(7)).await.unwrap();
    let link = format!("0@{}", name("target"));
    let link = EventData::binary("$>", link.into_bytes().into()).id(crate::support::id(99));
    append(&client, &name("s"), NoStream, link).await.unwrap();
    append(&client, &name("s"), eventstore::ExpectedRevision::Any, event(8)).await.unwrap();
    let mut reader = join(&client, options().resolve_link_tos(true)).await;
    let (followed, _) = next(&mut reader).await;
    assert_eq!(followed.event.as_ref().unwrap().id, crate::support::id(7));
    let own = followed.link.as_ref().unwrap().id;
    assert_eq!(own, crate::support::id(99));
    reader.ack_ids([own]).await.unwrap();
    assert_eq!(number(&next(&mut reader).await.0), 8, "with room for one, it was acknowledged");
    server.shutdown().await;
}
