//! Killing the server at random moments, while many write and one follows.
//!
//! A soak kills more often: `EMBEDDED_STORE_KILLS` times, at moments that `EMBEDDED_STORE_SEED` decides.

use crate::{
    process::Server,
    support::{amount, append, client, event, number, numbers, read_all, soon},
};
use eventstore::{
    Client,
    ExpectedRevision::NoStream,
    ReadAllOptions,
    StreamPosition::{self, Start},
    SubscribeToAllOptions, SubscriptionEvent,
};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::task::JoinHandle;

const WRITERS: usize = 64;

/// How many of the writers share a client, and so a connection.
const SHARING: usize = 16;

/// How many appends are acknowledged before a kill, at most.
const APPENDS: usize = 300;

/// What one writer appended and was told of, in order. Numbers never repeat.
type Acknowledged = Arc<Mutex<Vec<Vec<usize>>>>;

/// Random enough, and the same for the same seed.
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % APPENDS + 1
    }
}

/// Appends pairs to new streams until the server is gone.
async fn write(client: Client, writer: usize, begun: Arc<AtomicUsize>, told: Acknowledged) {
    loop {
        let n = begun.fetch_add(1, Ordering::Relaxed);
        let pair = vec![event(2 * n), event(2 * n + 1)];
        if append(&client, &format!("w-{writer}-{n}"), NoStream, pair).await.is_err() {
            return;
        }
        told.lock().unwrap()[writer].push(n);
    }
}

/// Follows until the server is gone, or `until` was seen; adds what it saw.
async fn follow(
    client: Client,
    seen: Arc<Mutex<Vec<(eventstore::Position, usize)>>>,
    until: Option<usize>,
) {
    let from = seen.lock().unwrap().last().map_or(Start, |(at, _)| StreamPosition::Position(*at));
    let options = SubscribeToAllOptions::default().position(from);
    let mut all = client.subscribe_to_all(&options).await;
    while until.is_none_or(|until| seen.lock().unwrap().len() < until) {
        match all.next_subscription_event().await {
            Ok(SubscriptionEvent::EventAppeared(event)) => {
                let at = event.get_original_event().position;
                seen.lock().unwrap().push((at, number(&event)));
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let kills = amount("EMBEDDED_STORE_KILLS", 10);
    let mut moments = Moments(amount("EMBEDDED_STORE_SEED", 1).into());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let told: Acknowledged = Arc::new(Mutex::new(vec![Vec::new(); WRITERS]));
    let (begun, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    for round in 1..=kills {
        let (mut server, url) = Server::start(&file);
        let follower = tokio::spawn(follow(client(&url), Arc::clone(&seen), None));
        let writers = writers(&url, &begun, &told);
        let count = || told.lock().unwrap().iter().map(Vec::len).sum::<usize>();
        let enough = count() + moments.next();
        soon(async {
            while count() < enough {
                tokio::task::yield_now().await;
            }
        })
        .await;
        server.kill();
        for task in writers.into_iter().chain([follower]) {
            soon(task).await.unwrap();
        }
        if kills > 10 && round % 10 == 0 {
            println!("{round} of {kills} kills, {} appends acknowledged", count());
        }
    }
    let (server, url) = Server::start(&file);
    let options = ReadAllOptions::default().position(Start);
    let log = numbers(&soon(read_all(&client(&url), &options)).await.unwrap());
    soon(follow(client(&url), Arc::clone(&seen), Some(log.len()))).await;
    let seen: Vec<_> = seen.lock().unwrap().iter().map(|(_, n)| *n).collect();
    assert!(seen == log, "who follows sees each event once, in the log's order");
    check(&log, &told.lock().unwrap());
    drop(server);
    let verdict = embedded_store::maintenance::verify(&file, &mut |_| {}).unwrap();
    assert_eq!(verdict.problems, Vec::<String>::new());
}

fn writers(url: &str, begun: &Arc<AtomicUsize>, told: &Acknowledged) -> Vec<JoinHandle<()>> {
    let mut writers = Vec::with_capacity(WRITERS);
    for first in (0..WRITERS).step_by(SHARING) {
        let client = client(url);
        for writer in first..first + SHARING {
            let (begun, told) = (Arc::clone(begun), Arc::clone(told));
            writers.push(tokio::spawn(write(client.clone(), writer, begun, told)));
        }
    }
    writers
}

/// Nothing half, nothing twice, all that was acknowledged, each writer's in its order.
fn check(log: &[usize], told: &[Vec<usize>]) {
    let (pairs, rest) = log.as_chunks::<2>();
    assert!(rest.is_empty() && pairs.iter().all(|[a, b]| a % 2 == 0 && a + 1 == *b), "no halves");
    let place: std::collections::HashMap<usize, usize> =
        pairs.iter().enumerate().map(|(at, [first, _])| (first / 2, at)).collect();
    assert_eq!(place.len(), pairs.len(), "nothing twice");
    let distinct: HashSet<_> = told.iter().flatten().collect();
    assert_eq!(distinct.len(), told.iter().map(Vec::len).sum::<usize>());
    for writer in told {
        let places: Vec<_> = writer.iter().map(|n| place.get(n)).collect();
        assert!(places.iter().all(Option::is_some), "all that was acknowledged is there");
        assert!(places.is_sorted(), "in the order in which it was acknowledged");
    }
}
