//! A server that ends a subscription as if all had been said.
//!
//! The client then spins for ever on its thread, so this test has a process of its own.

#[expect(dead_code, reason = "this test needs only some of it")]
#[path = "../log/node.rs"]
mod node;
#[expect(dead_code, reason = "this test needs only some of it")]
#[path = "../log/support.rs"]
mod support;

use std::time::Duration;

use embedded_store::EmbeddedStore;
use store::Log;

use crate::{
    node::{Fate, Node, Role},
    support::{Command, Tally, config, context, new_id},
};

#[tokio::test]
async fn a_subscription_that_spins_takes_nobody_with_it() {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let node = Node::start(store.address(), Role::Leader);
    node.prepare([Fate::EndsWithOk]);
    let log = Log::connect(config(format!("esdb://{}?tls=false", node.address))).await.unwrap();
    let mut follower = log.follow(None, &["tally"]);
    let reading = async {
        loop {
            let batch = follower.next_batch(10).await;
            if !batch.events.is_empty() {
                return batch;
            }
        }
    };
    let context = context();
    let writing = log.execute::<Tally>(new_id(), &Command::Add(1), &context);
    let (batch, written) =
        tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(reading, writing) })
            .await
            .expect("a second subscription brings it");
    assert_eq!(Some(batch.reached), written.unwrap().position);
    assert_eq!(node.subscriptions(), 2);
}
