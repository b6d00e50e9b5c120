//! A cluster that loses its leader.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::id::VaultRef;
use embedded_store::EmbeddedStore;
use store::Log;
use tokio::task::JoinHandle;

use crate::{
    follow::take,
    node::{Fate, Node, Role},
    support::{Command, Tally, config, context, eventually, new_id},
};

/// Two nodes of one cluster; the first leads.
async fn cluster() -> (EmbeddedStore, [Node; 2], Log) {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let leader = Node::start(store.address(), Role::Leader);
    let follower = Node::start(store.address(), Role::Follower(leader.address));
    let url = format!("esdb://{},{}?tls=false", leader.address, follower.address);
    let log = eventually(async || Log::connect(config(url.clone())).await.ok()).await;
    (store, [leader, follower], log)
}

/// Sends one command after another, each until it is acknowledged.
fn write(log: &Log, id: VaultRef) -> (Arc<AtomicU64>, Arc<AtomicBool>, JoinHandle<()>) {
    let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, stopped, log) = (Arc::clone(&acknowledged), Arc::clone(&stop), log.clone());
    let writer = tokio::spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            let context = context();
            eventually(async || log.execute::<Tally>(id, &Command::Add(1), &context).await.ok())
                .await;
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    (acknowledged, stop, writer)
}

async fn more_than(counter: &AtomicU64, before: u64) {
    eventually(async || (counter.load(Ordering::Relaxed) > before).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_on_with_the_new_leader_and_none_is_lost_or_doubled() {
    let (_store, [mut old, new], log) = cluster().await;
    let id = new_id();
    let (acknowledged, stop, writer) = write(&log, id);
    let mut follower = log.follow(None, &["tally"]);
    more_than(&acknowledged, 3).await;

    // For a moment the other still points at the dead one, then it is elected and not ready.
    old.kill();
    tokio::time::sleep(Duration::from_millis(200)).await;
    new.become_(Role::Starting);
    tokio::time::sleep(Duration::from_millis(200)).await;
    new.become_(Role::Leader);

    more_than(&acknowledged, acknowledged.load(Ordering::Relaxed) + 3).await;
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    let total = acknowledged.load(Ordering::Relaxed);
    assert_eq!(log.load::<Tally>(id).await.unwrap().state.additions, total);
    let events = take(&mut follower, usize::try_from(total).unwrap()).await;
    assert!(events.iter().map(|event| event.revision).eq(0..total));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_without_a_word_is_left_for_the_next_one() {
    let (_store, [old, new], log) = cluster().await;
    let id = new_id();
    let (acknowledged, stop, writer) = write(&log, id);
    more_than(&acknowledged, 3).await;

    // The other points at it until it is elected itself.
    old.become_(Role::Hung);
    tokio::time::sleep(Duration::from_secs(3)).await;
    new.become_(Role::Leader);

    more_than(&acknowledged, acknowledged.load(Ordering::Relaxed) + 3).await;
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    let total = acknowledged.load(Ordering::Relaxed);
    assert_eq!(log.load::<Tally>(id).await.unwrap().state.additions, total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_brings_nothing_is_replaced() {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let node = Node::start(store.address(), Role::Leader);
    node.prepare([Fate::Refused, Fate::Silent]);
    let log = Log::connect(config(format!("esdb://{}?tls=false", node.address))).await.unwrap();
    let mut follower = log.follow(None, &["tally"]);
    crate::follow::add(&log, new_id(), 2).await;
    assert_eq!(take(&mut follower, 2).await.len(), 2);
    assert!(node.subscriptions() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_subscription_to_a_log_without_our_events_is_left_alone() {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let node = Node::start(store.address(), Role::Leader);
    let log = Log::connect(config(format!("esdb://{}?tls=false", node.address))).await.unwrap();
    crate::follow::add(&log, new_id(), 30).await;
    let mut follower = log.follow(None, &["other"]);
    let status = follower.status();
    let head = log.head().await.unwrap().unwrap();
    let reading = tokio::spawn(async move {
        loop {
            follower.next_batch(10).await;
        }
    });
    eventually(async || (status.reached() >= head).then_some(())).await;
    // Longer than a subscription may hold something back.
    for _ in 0..4 {
        crate::follow::add(&log, new_id(), 1).await;
        let head = log.head().await.unwrap().unwrap();
        eventually(async || (status.reached() >= head).then_some(())).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(node.subscriptions(), 1);
    reading.abort();
}
