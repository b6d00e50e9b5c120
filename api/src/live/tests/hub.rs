//! Bells ring for what they hang at, before anything later is handed out.

use std::{sync::Arc, time::Duration};

use super::{
    super::{Bell, Item, Key},
    support::{World, next, noon, workspace},
};

fn stream(workspace: domain::id::WorkspaceId) -> Key {
    Key::Stream(format!("audit_access-{workspace}.{}", noon().date_naive()))
}

#[tokio::test]
async fn a_bell_rings_for_its_stream_and_for_no_other() {
    let (world, own, other) = (World::start().await, workspace(), workspace());
    let bell = Arc::new(Bell::default());
    let registration = world.live.ring(&bell, stream(own));
    let position = world.happen(other).await;
    assert!(world.live.wait(position, Duration::from_secs(20)).await);
    assert!(!bell.has_rung());
    let position = world.happen(own).await;
    assert!(world.live.wait(position, Duration::from_secs(20)).await);
    assert!(bell.has_rung());

    bell.silence();
    drop(registration);
    let position = world.happen(own).await;
    assert!(world.live.wait(position, Duration::from_secs(20)).await);
    assert!(!bell.has_rung());
}

#[tokio::test]
async fn who_gets_an_event_finds_every_earlier_bell_rung() {
    let (world, own) = (World::start().await, workspace());
    let mut subscription = world.all_of(own, None);
    assert!(matches!(next(&mut subscription).await, Item::CaughtUp(_)));
    let bell = Arc::new(Bell::default());
    let _registration = world.live.ring(&bell, stream(own));
    for _ in 0..50 {
        bell.silence();
        world.happen(own).await;
        // By the time the second can be had, the bell of the first has rung.
        let last = world.happen(own).await;
        loop {
            let Item::Message(message) = next(&mut subscription).await else {
                panic!("only messages come")
            };
            if message.position() == last {
                break;
            }
        }
        assert!(bell.has_rung());
    }
}
