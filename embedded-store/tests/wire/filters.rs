//! Filtered subscriptions: what passes, and how far they say they have looked.

use crate::support::{append, event, events, next, number, store};
use ExpectedRevision::Any;
use eventstore::{
    Client, ExpectedRevision, Position,
    StreamPosition::{self, Start},
    SubscribeToAllOptions, Subscription, SubscriptionEvent, SubscriptionFilter,
};

/// What a subscription says until it is live: numbers of events, and checkpoints.
async fn history(subscription: &mut Subscription) -> (Vec<usize>, Vec<Position>) {
    let (mut events, mut checkpoints) = (Vec::new(), Vec::new());
    loop {
        match next(subscription).await {
            SubscriptionEvent::EventAppeared(event) => events.push(number(&event)),
            SubscriptionEvent::Checkpoint(position) => checkpoints.push(position),
            SubscriptionEvent::CaughtUp => return (events, checkpoints),
            _ => {}
        }
    }
}

async fn follow(
    client: &Client,
    from: StreamPosition<Position>,
    filter: SubscriptionFilter,
) -> Subscription {
    let options = SubscribeToAllOptions::default().position(from).filter(filter);
    client.subscribe_to_all(&options).await
}

#[tokio::test]
async fn prefixes_and_look_ahead_choose_what_passes() {
    let (store, client) = store().await;
    append(&client, "order-1", Any, event(0)).await.unwrap();
    append(&client, "cart-1", Any, event(1)).await.unwrap();
    append(&client, "orders", Any, event(2)).await.unwrap();

    let by = || SubscriptionFilter::on_stream_name();
    let mut prefixed = follow(&client, Start, by().add_prefix("order-").add_prefix("ca")).await;
    assert_eq!(history(&mut prefixed).await.0, [0, 1]);
    let mut ahead = follow(&client, Start, by().regex("^(?!(order-|x))")).await;
    assert_eq!(history(&mut ahead).await.0, [1, 2]);
    let mut typed =
        follow(&client, Start, SubscriptionFilter::on_event_type().regex("^count")).await;
    assert_eq!(history(&mut typed).await.0, [0, 1, 2]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_checkpoint_comes_every_window_and_right_before_caught_up() {
    let (store, client) = store().await;
    append(&client, "noise", Any, events(0..100)).await.unwrap();
    let filter = || SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let mut subscription = follow(&client, Start, filter()).await;
    let (events_seen, checkpoints) = history(&mut subscription).await;
    assert!(events_seen.is_empty());
    assert_eq!(checkpoints.len(), 3, "one for each whole window of 32 of 100");
    assert!(checkpoints.is_sorted_by(|a, b| a.commit < b.commit));

    // Fewer than a window: one all the same, at the last event looked at.
    let last = append(&client, "noise", Any, events(100..103)).await.unwrap().position;
    let from = StreamPosition::Position(*checkpoints.last().unwrap());
    let mut resumed = follow(&client, from, filter().max(1000)).await;
    assert_eq!(history(&mut resumed).await, (vec![], vec![last]));
    store.shutdown().await;
}

#[tokio::test]
async fn live_every_thirty_second_event_looked_at_is_a_checkpoint() {
    let (store, client) = store().await;
    let filter = SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let mut subscription = follow(&client, StreamPosition::End, filter).await;
    history(&mut subscription).await;
    let mut positions = Vec::new();
    for n in 0..64 {
        positions.push(append(&client, "noise", Any, event(n)).await.unwrap().position);
    }
    for expected in [positions[31], positions[63]] {
        match next(&mut subscription).await {
            SubscriptionEvent::Checkpoint(position) => assert_eq!(position, expected),
            other => panic!("{other:?} is no checkpoint"),
        }
    }
    store.shutdown().await;
}

#[tokio::test]
async fn resuming_from_any_checkpoint_loses_nothing() {
    let (store, client) = store().await;
    for n in 0..150 {
        let stream = if n % 20 == 7 { "wanted" } else { "noise" };
        append(&client, stream, Any, event(n)).await.unwrap();
    }
    let filter = || SubscriptionFilter::on_stream_name().add_prefix("wanted");
    let mut subscription = follow(&client, Start, filter()).await;
    let (mut before, mut resumptions) = (Vec::new(), Vec::new());
    loop {
        match next(&mut subscription).await {
            SubscriptionEvent::EventAppeared(event) => before.push(number(&event)),
            SubscriptionEvent::Checkpoint(at) => resumptions.push((at, before.clone())),
            SubscriptionEvent::CaughtUp => break,
            _ => {}
        }
    }
    assert!(resumptions.len() >= 4);
    for (checkpoint, mut seen) in resumptions {
        let mut resumed = follow(&client, StreamPosition::Position(checkpoint), filter()).await;
        seen.extend(history(&mut resumed).await.0);
        assert_eq!(seen, [7, 27, 47, 67, 87, 107, 127, 147]);
    }
    store.shutdown().await;
}

#[tokio::test]
async fn without_a_filter_there_are_no_checkpoints() {
    let (store, client) = store().await;
    append(&client, "s", Any, event(1)).await.unwrap();
    let options = SubscribeToAllOptions::default().position(Start);
    let mut subscription = client.subscribe_to_all(&options).await;
    assert_eq!(history(&mut subscription).await, (vec![1], vec![]));
    store.shutdown().await;
}
