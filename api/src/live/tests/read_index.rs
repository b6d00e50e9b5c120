//! Who has caught up answers as the log would.

use std::sync::Arc;

use super::support::{World, workspace};

#[tokio::test]
async fn whoever_caught_up_has_all_that_was_there_when_they_asked() {
    let world = Arc::new(World::start().await);
    let mut writers = Vec::new();
    for _ in 0..8 {
        let world = Arc::clone(&world);
        writers.push(tokio::spawn(async move {
            let (own, mut caught_up) = (workspace(), 0);
            for _ in 0..50 {
                let written = world.happen(own).await;
                // On a slow machine it may take longer than anybody waits.
                if world.live.catch_up().await {
                    assert!(world.live.position() >= written);
                    caught_up += 1;
                }
            }
            caught_up
        }));
    }
    let mut caught_up = 0;
    for writer in writers {
        caught_up += writer.await.unwrap();
    }
    assert!(caught_up > 0);
}
