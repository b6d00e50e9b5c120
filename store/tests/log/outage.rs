//! The log's server dies and returns while commands run.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use embedded_store::EmbeddedStore;
use store::{ConnectError, ExecuteError, Log};

use crate::{
    follow::{event, take},
    support::{Command, Tally, config, connect, context, eventually, fresh, new_id},
};

/// A store that can be ended and started again on the same port with the same file.
struct Restartable {
    file: PathBuf,
    address: SocketAddr,
    running: Option<EmbeddedStore>,
    _folder: tempfile::TempDir,
}

impl Restartable {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.db");
        let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
        Self { file, address: store.address(), running: Some(store), _folder: folder }
    }

    async fn log(&self) -> Log {
        connect(self.running.as_ref().unwrap()).await
    }

    async fn stop(&mut self) {
        self.running.take().unwrap().shutdown().await;
    }

    async fn start_again(&mut self) {
        let started = eventually(async || {
            EmbeddedStore::builder().path(&self.file).listen(self.address).start().await.ok()
        });
        self.running = Some(started.await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_recover_by_themselves_and_nothing_is_lost_or_doubled() {
    let mut store = Restartable::start().await;
    let log = store.log().await;
    let stopping = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (log, stopping, id) = (log.clone(), Arc::clone(&stopping), new_id());
            tokio::spawn(async move {
                let mut acknowledged = 0;
                while !stopping.load(Ordering::Relaxed) {
                    // Whoever gets no answer asks again with the same command, until one comes.
                    let context = context();
                    eventually(async || {
                        match log.execute::<Tally>(id, &Command::Add(1), &context).await {
                            Ok(_) => Some(()),
                            Err(ExecuteError::Unavailable(_)) => None,
                            Err(error) => panic!("{error}"),
                        }
                    })
                    .await;
                    acknowledged += 1;
                }
                (id, acknowledged)
            })
        })
        .collect();

    let mut follower = log.follow(None, &["tally"]);
    let mut seen = HashSet::new();
    for outage in 1..=3 {
        let enough = seen.len() + 50 * outage;
        while seen.len() < enough {
            for item in follower.next_batch(100).await.events {
                assert!(seen.insert(event(item).event_id), "an event came twice");
            }
        }
        store.stop().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        store.start_again().await;
    }
    stopping.store(true, Ordering::Relaxed);
    let mut total = 0;
    for writer in writers {
        let (id, acknowledged) = writer.await.unwrap();
        let loaded = log.load::<Tally>(id).await.unwrap();
        assert_eq!(loaded.state.additions, acknowledged);
        total += acknowledged;
    }
    let mut additions = 0;
    let mut follower = log.follow(None, &["tally"]);
    while additions < total {
        let events = follower.next_batch(1_000).await.events.into_iter().map(event);
        additions += events.filter(|event| event.event_type == "tally.added").count() as u64;
    }
}

#[tokio::test]
async fn a_follower_goes_on_where_it_was() {
    let mut store = Restartable::start().await;
    let log = store.log().await;
    let id = new_id();
    crate::follow::add(&log, id, 3).await;
    let mut follower = log.follow(None, &["tally"]);
    take(&mut follower, 3).await;

    store.stop().await;
    let status = follower.status();
    let reading = tokio::spawn(async move { (take(&mut follower, 2).await, follower) });
    eventually(async || (!status.is_connected()).then_some(())).await;
    store.start_again().await;
    let add = eventually(async || {
        log.execute::<Tally>(id, &Command::AddEach(vec![1, 1]), &context()).await.ok()
    });
    add.await;
    let (events, _follower) = reading.await.unwrap();
    assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), [3, 4]);
    assert!(status.is_connected());
}

#[tokio::test]
async fn while_the_log_is_away_callers_are_told_within_the_deadline() {
    let mut store = Restartable::start().await;
    let log = store.log().await;
    store.stop().await;
    let id = new_id();
    for _ in 0..8 {
        let context = context();
        let answer = log.execute::<Tally>(id, &Command::Add(1), &context);
        let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
        assert!(matches!(answer.unwrap(), Err(ExecuteError::Unavailable(_))));
    }
    assert!(log.last_answer() > Duration::ZERO);
    store.start_again().await;
    eventually(async || log.head().await.ok()).await;
}

#[tokio::test]
async fn a_log_that_is_not_there_is_no_connection_and_its_password_stays_unsaid() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("esdb://ann:hunter2@{free}?tls=false");
    let error = Log::connect(config(url)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unavailable(_)));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn wrong_credentials_are_refused_at_once() {
    let store = EmbeddedStore::builder().credentials("ann", "hunter2").start().await.unwrap();
    let wrong = store.url().replace("hunter2", "hunter3");
    let error = Log::connect(config(wrong)).await.unwrap_err();
    assert!(error.to_string().contains("credentials"), "{error}");
    assert!(Log::connect(config(store.url())).await.is_ok());
}

#[tokio::test]
async fn a_handle_does_not_print_where_it_is_connected_to() {
    let (_store, log) = fresh().await;
    assert!(!format!("{log:?}").contains("esdb"));
}
