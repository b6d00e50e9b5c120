//! What was acknowledged is there: after a shutdown, and when the disk is full.

use crate::support::{append, client, event, events, numbers, read, soon};
use ExpectedRevision::{Any, Exact, NoStream};
use embedded_store::EmbeddedStore;
use eventstore::{Error, ExpectedRevision};

#[tokio::test]
async fn a_reopened_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let before = client(&store.url());
    append(&before, "s", NoStream, events(0..2)).await.unwrap();
    // An empty append takes a position too, and it is not given again.
    let empty = append(&before, "s", Exact(1), Vec::new()).await.unwrap().position;
    store.shutdown().await;

    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let after = client(&store.url());
    assert_eq!(numbers(&read(&after, "s").await.unwrap()), [0, 1]);
    let again = append(&after, "s", Any, events(0..2)).await.unwrap();
    assert_eq!(again.next_expected_version, 1, "a repetition is known after a restart");
    let written = append(&after, "s", Exact(1), event(2)).await.unwrap();
    assert!(written.position.commit > empty.commit);
    store.shutdown().await;
}

#[tokio::test]
async fn a_log_that_cannot_be_written_refuses_appends_serves_reads_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let client = client(&store.url());
    append(&client, "s", NoStream, events(0..2)).await.unwrap();

    // Whoever holds the database's write lock makes every write fail, as a full disk does.
    let intruder = rusqlite::Connection::open(&file).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = soon(append(&client, "s", Exact(1), event(2))).await;
    assert!(matches!(&refused, Err(Error::ServerError(_))), "{refused:?}");
    assert_eq!(numbers(&read(&client, "s").await.unwrap()), [0, 1]);

    intruder.execute_batch("ROLLBACK").unwrap();
    drop(intruder);
    append(&client, "s", Exact(1), event(2)).await.unwrap();
    assert_eq!(numbers(&read(&client, "s").await.unwrap()), [0, 1, 2]);
    store.shutdown().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_appends_serves_reads_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    // Two mebibytes for each file.
    let (mut server, url) = crate::process::Server::start_limited(&file, 4096);
    let client = client(&url);
    let large = |n: usize| {
        let data = serde_json::json!({ "n": n, "filling": "x".repeat(200_000) });
        eventstore::EventData::json("counted", &data).unwrap().id(crate::support::id(n))
    };
    let mut written = 0;
    let refused = loop {
        match soon(append(&client, "s", Any, large(written))).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100, "the disk is full some time");
    };
    assert!(matches!(refused, Error::ServerError(_)), "{refused:?}");
    let acknowledged: Vec<_> = (0..written).collect();
    for _ in 0..3 {
        assert!(soon(append(&client, "s", Any, large(written))).await.is_err());
        assert_eq!(numbers(&soon(read(&client, "s")).await.unwrap()), acknowledged);
    }

    server.lift_limit();
    soon(append(&client, "s", Any, large(written))).await.unwrap();
    soon(append(&client, "s", Any, large(written + 1))).await.unwrap();
    server.kill();
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let all: Vec<_> = (0..written + 2).collect();
    assert_eq!(numbers(&read(&crate::support::client(&store.url()), "s").await.unwrap()), all);
    store.shutdown().await;
    let verdict = embedded_store::maintenance::verify(&file, &mut |_| {}).unwrap();
    assert_eq!(verdict.problems, Vec::<String>::new());
}
