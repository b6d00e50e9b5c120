//! Persistent subscriptions: a group of readers shares a stream, and the server remembers how far it is.

use crate::support::{append, client, event, events, name, number, server, soon, store};
use ExpectedRevision::{Any, NoStream};
use embedded_store::EmbeddedStore;
use eventstore::{
    Client, Error, ExpectedRevision, NakAction, PersistentSubscription,
    PersistentSubscriptionOptions, PersistentSubscriptionToAllOptions, ReplayParkedMessagesOptions,
    ResolvedEvent, StreamPosition, SubscribeToPersistentSubscriptionOptions,
};

async fn create(client: &Client, group: &str, options: PersistentSubscriptionOptions) {
    let options = options.start_from(StreamPosition::Start);
    client.create_persistent_subscription(name("s"), group, &options).await.unwrap();
}

/// Settings with which every acknowledgement is written down.
fn eager() -> PersistentSubscriptionOptions {
    PersistentSubscriptionOptions::default().checkpoint_upper_bound(1).checkpoint_lower_bound(1)
}

async fn connect(client: &Client, group: &str, room: usize) -> PersistentSubscription {
    let options = SubscribeToPersistentSubscriptionOptions::default().buffer_size(room);
    soon(client.subscribe_to_persistent_subscription(name("s"), group, &options)).await.unwrap()
}

async fn next(reader: &mut PersistentSubscription) -> ResolvedEvent {
    soon(reader.next()).await.unwrap()
}

#[tokio::test]
async fn a_group_goes_on_behind_its_checkpoint_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let before = client(&store.url());
    append(&before, &name("s"), NoStream, events(0..4)).await.unwrap();
    create(&before, "g", eager()).await;
    let mut reader = connect(&before, "g", 1).await;
    for n in 0..2 {
        let event = next(&mut reader).await;
        assert_eq!(number(&event), n);
        reader.ack_ids([event.get_original_event().id]).await.unwrap();
    }
    // With room for one, the third comes when the second is handled and written down.
    assert_eq!(number(&next(&mut reader).await), 2);
    store.shutdown().await;

    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let mut reader = connect(&client(&store.url()), "g", 10).await;
    assert_eq!(number(&next(&mut reader).await), 2);
    assert_eq!(number(&next(&mut reader).await), 3);
    store.shutdown().await;
}

#[tokio::test]
async fn what_a_lost_reader_had_goes_to_another() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    create(&client, "g", eager()).await;
    let mut lost = connect(&client, "g", 10).await;
    for n in 0..3 {
        assert_eq!(number(&next(&mut lost).await), n);
    }
    drop(lost);
    let mut other = connect(&client, "g", 10).await;
    for n in 0..3 {
        let event = next(&mut other).await;
        assert_eq!(number(&event), n);
        other.ack_ids([event.get_original_event().id]).await.unwrap();
    }
    store.shutdown().await;
}

#[tokio::test]
async fn readers_take_turns() {
    let (store, client) = server().await;
    create(&client, "g", eager()).await;
    let mut first = connect(&client, "g", 10).await;
    let mut second = connect(&client, "g", 10).await;
    append(&client, &name("s"), NoStream, events(0..4)).await.unwrap();
    let mut seen = Vec::new();
    for reader in [&mut first, &mut second] {
        for _ in 0..2 {
            let event = next(reader).await;
            reader.ack_ids([event.get_original_event().id]).await.unwrap();
            seen.push(number(&event));
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_parked_event_comes_back_when_it_is_replayed() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    create(&client, "g", eager()).await;
    let mut reader = connect(&client, "g", 1).await;
    let poison = next(&mut reader).await;
    reader
        .nack_ids([poison.get_original_event().id], NakAction::Park, "cannot be read")
        .await
        .unwrap();
    let fine = next(&mut reader).await;
    assert_eq!(number(&fine), 1);
    reader.ack_ids([fine.get_original_event().id]).await.unwrap();
    client
        .replay_parked_messages(name("s"), "g", &ReplayParkedMessagesOptions::default())
        .await
        .unwrap();
    let again = next(&mut reader).await;
    assert_eq!(again.event.as_ref().unwrap().id, poison.get_original_event().id);
    reader.ack_ids([again.get_original_event().id]).await.unwrap();
    append(&client, &name("s"), Any, event(2)).await.unwrap();
    assert_eq!(number(&next(&mut reader).await), 2);
    store.shutdown().await;
}

#[tokio::test]
async fn a_group_is_made_once_and_its_readers_are_counted() {
    let (store, client) = server().await;
    let options = PersistentSubscriptionOptions::default().max_subscriber_count(1);
    create(&client, "g", options.clone()).await;
    let twice = client.create_persistent_subscription(name("s"), "g", &options).await;
    assert!(matches!(twice, Err(Error::ResourceAlreadyExists)), "{twice:?}");
    let _only = connect(&client, "g", 10).await;
    let options = SubscribeToPersistentSubscriptionOptions::default();
    let second = soon(client.subscribe_to_persistent_subscription(name("s"), "g", &options)).await;
    assert!(matches!(second, Err(Error::Grpc { code: tonic::Code::FailedPrecondition, .. })));
    let missing = soon(client.subscribe_to_persistent_subscription(name("s"), "h", &options)).await;
    assert!(matches!(missing, Err(Error::ResourceNotFound)));
    store.shutdown().await;
}

#[tokio::test]
async fn a_group_of_all_reads_what_its_filter_lets_through() {
    let (store, client) = store().await;
    append(&client, "noise", NoStream, events(0..50)).await.unwrap();
    append(&client, "wanted-1", NoStream, event(50)).await.unwrap();
    let filter = eventstore::SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let options = PersistentSubscriptionToAllOptions::default()
        .start_from(StreamPosition::Start)
        .filter(filter);
    client.create_persistent_subscription_to_all("g", &options).await.unwrap();
    let options = SubscribeToPersistentSubscriptionOptions::default();
    let reading = client.subscribe_to_persistent_subscription_to_all("g", &options);
    let mut reader = soon(reading).await.unwrap();
    assert_eq!(number(&next(&mut reader).await), 50);
    store.shutdown().await;
}
