//! A subscription misses nothing and gets nothing twice.

use std::time::Duration;

use store::Position;

use super::{
    super::Item,
    support::{World, eventually, next, workspace},
};

/// Takes `count` messages, and counts the times it is told that it caught up.
async fn take(subscription: &mut super::super::Subscription, count: usize) -> (Vec<Position>, u32) {
    let (mut positions, mut caught_up) = (Vec::new(), 0);
    while positions.len() < count {
        match next(subscription).await {
            Item::Message(message) => positions.push(message.position()),
            Item::CaughtUp(_) => caught_up += 1,
            Item::Unreadable(_) => panic!("everything can be read"),
            Item::Lagged { .. } => panic!("it did not lag"),
        }
    }
    (positions, caught_up)
}

#[tokio::test]
async fn the_past_turns_into_the_present_without_gap_or_duplicate_while_others_write() {
    let (world, own, other) = (World::start().await, workspace(), workspace());
    let mut written = vec![world.happen(own).await];
    for _ in 0..300 {
        written.push(world.happen(own).await);
    }
    let mut subscription = world.all_of(own, Some(written[0]));
    let reader = tokio::spawn(async move {
        let taken = take(&mut subscription, 500).await;
        (subscription, taken)
    });
    for number in 0..200 {
        written.push(world.happen(own).await);
        if number % 3 == 0 {
            world.happen(other).await;
        }
    }
    let (_, (positions, caught_up)) = reader.await.unwrap();
    assert_eq!(positions, written[1..]);
    assert!(caught_up <= 1);
}

#[tokio::test]
async fn a_subscriber_who_resumes_gets_the_rest() {
    let (world, own) = (World::start().await, workspace());
    let mut written = Vec::new();
    for _ in 0..10 {
        written.push(world.happen(own).await);
    }
    for (index, cursor) in written.iter().enumerate() {
        let mut subscription = world.all_of(own, Some(*cursor));
        let rest = written.len() - index - 1;
        assert_eq!(take(&mut subscription, rest).await.0, written[index + 1..]);
        assert!(matches!(next(&mut subscription).await, Item::CaughtUp(_)));
    }
}

#[tokio::test]
async fn without_a_cursor_it_begins_with_now() {
    let (world, own) = (World::start().await, workspace());
    let past = world.happen(own).await;
    assert!(world.live.wait(past, Duration::from_secs(20)).await);
    let mut subscription = world.all_of(own, None);
    let Item::CaughtUp(at) = next(&mut subscription).await else { panic!("it is caught up") };
    assert!(at >= past);
    let written = world.happen(own).await;
    assert_eq!(take(&mut subscription, 1).await, (vec![written], 0));
}

#[tokio::test]
async fn an_item_that_nobody_waited_for_any_more_is_not_lost() {
    let (world, own) = (World::start().await, workspace());
    let first = world.happen(own).await;
    let written = [world.happen(own).await, world.happen(own).await];
    let mut subscription = world.all_of(own, Some(first));
    for _ in 0..50 {
        let given_up = tokio::time::timeout(Duration::ZERO, subscription.next());
        if let Ok(Ok(Item::Message(message))) = given_up.await {
            assert_eq!(message.position(), written[0]);
            assert_eq!(take(&mut subscription, 1).await.0, written[1..]);
            return;
        }
    }
    assert_eq!(take(&mut subscription, 2).await.0, written);
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_what_is_missing_and_can_get_it() {
    let (world, own) = (World::start().await, workspace());
    let mut slow = world.all_of(own, None);
    assert!(matches!(next(&mut slow).await, Item::CaughtUp(_)));
    let mut written = Vec::new();
    for _ in 0..super::super::queue::CAPACITY + 5 {
        written.push(world.happen(own).await);
    }
    let last = written[written.len() - 1];
    assert!(world.live.wait(last, Duration::from_secs(20)).await);
    let (kept, _) = take(&mut slow, super::super::queue::CAPACITY).await;
    let Item::Lagged { skipped, resume_from } = next(&mut slow).await else { panic!("it lagged") };
    assert_eq!((skipped, Some(&resume_from)), (5, kept.last()));
    let mut resumed = world.all_of(own, Some(resume_from));
    assert_eq!(take(&mut resumed, 5).await.0, written[kept.len()..]);
}

#[tokio::test]
async fn freshness_is_proven_on_an_idle_log_and_by_what_is_not_followed() {
    let world = World::start().await;
    eventually(|| world.freshness.is_fresh()).await;
    // The first event of a stream that is kept for a time comes with one that is not followed.
    world.happen(workspace()).await;
    let before = world.freshness.age().unwrap();
    eventually(|| world.freshness.age().unwrap() < before).await;
}
