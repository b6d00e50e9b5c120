//! What an operator does: scavenges, figures, the end of the server.

use crate::support::{
    append, client, describe, event, events, next_event, numbers, read, read_all, soon, store,
};
use ExpectedRevision::{Any, Exact, NoStream};
use embedded_store::EmbeddedStore;
use eventstore::{
    Client, DeleteStreamOptions, Error, EventData, ExpectedRevision, ReadAllOptions,
    StreamPosition::{End, Start},
    SubscribeToStreamOptions, TombstoneStreamOptions,
    operations::{self, OperationalOptions, ScavengeStatus, StatsOptions},
};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

fn operations(store: &EmbeddedStore) -> operations::Client {
    operations::Client::new(store.url().parse().unwrap())
}

/// Starts a scavenge and waits until it says that it has ended, and how.
async fn scavenge(store: &EmbeddedStore, client: &Client) -> Value {
    let options = SubscribeToStreamOptions::default().start_from(End);
    let mut told = client.subscribe_to_stream("$scavenges", &options).await;
    crate::support::caught_up(&mut told).await;
    let started =
        operations(store).start_scavenge(1, 0, &OperationalOptions::default()).await.unwrap();
    assert_eq!(started.status(), ScavengeStatus::Started);
    loop {
        let event = next_event(&mut told).await;
        let event = event.get_original_event();
        let said: Value = event.as_json().unwrap();
        if event.event_type == "$scavengeCompleted" && said["scavengeId"] == started.id() {
            return said;
        }
    }
}

/// Streams of everything that is in the log, system streams left out.
async fn streams(client: &Client) -> Vec<String> {
    let all = read_all(client, &ReadAllOptions::default().position(Start)).await.unwrap();
    let names = all.iter().map(|event| event.get_original_event().stream_id.clone());
    names.filter(|name| !name.contains("$scavenges")).collect()
}

#[tokio::test]
async fn a_scavenge_removes_what_is_truncated_expired_deleted_or_tombstoned() {
    let (store, client) = store().await;
    append(&client, "kept", NoStream, events(0..2)).await.unwrap();
    append(&client, "counted", NoStream, events(0..5)).await.unwrap();
    describe(&client, "counted", &json!({ "$maxCount": 9 })).await;
    describe(&client, "counted", &json!({ "$maxCount": 2 })).await;
    append(&client, "truncated", NoStream, events(0..5)).await.unwrap();
    describe(&client, "truncated", &json!({ "$tb": 4 })).await;
    append(&client, "deleted", NoStream, events(0..3)).await.unwrap();
    client.delete_stream("deleted", &DeleteStreamOptions::default()).await.unwrap();
    append(&client, "tombstoned", NoStream, events(0..3)).await.unwrap();
    describe(&client, "tombstoned", &json!({ "a": 1 })).await;
    client.tombstone_stream("tombstoned", &TombstoneStreamOptions::default()).await.unwrap();

    let said = scavenge(&store, &client).await;
    assert_eq!(said["result"], "Success", "{said}");
    // Of `counted` also the metadata that was replaced, of `tombstoned` all metadata.
    assert_eq!(said["eventsRemoved"], 3 + 1 + 4 + 3 + 3 + 1, "{said}");
    let left = [
        "kept",
        "kept",
        "counted",
        "counted",
        "$$counted",
        "truncated",
        "$$truncated",
        "$$deleted",
        "tombstoned",
    ];
    assert_eq!(streams(&client).await, left);
    assert_eq!(numbers(&read(&client, "counted").await.unwrap()), [3, 4]);
    assert_eq!(numbers(&read(&client, "truncated").await.unwrap()), [4]);
    assert!(matches!(read(&client, "deleted").await, Err(Error::ResourceNotFound)));
    assert!(matches!(read(&client, "tombstoned").await, Err(Error::ResourceDeleted)));
    assert_eq!(scavenge(&store, &client).await["eventsRemoved"], 0, "a second one finds nothing");
    store.shutdown().await;
}

#[tokio::test]
async fn a_stream_without_any_event_left_goes_on_with_its_numbers_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let before = client(&store.url());
    append(&before, "s", NoStream, events(0..3)).await.unwrap();
    let last = before.delete_stream("s", &DeleteStreamOptions::default()).await.unwrap().unwrap();
    scavenge(&store, &before).await;
    store.shutdown().await;

    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let after = client(&store.url());
    assert!(matches!(read(&after, "s").await, Err(Error::ResourceNotFound)));
    let written = append(&after, "s", Exact(2), event(3)).await.unwrap();
    assert_eq!(written.next_expected_version, 3);
    assert!(written.position.commit > last.commit, "no position is given twice");
    assert_eq!(numbers(&read(&after, "s").await.unwrap()), [3]);
    store.shutdown().await;
}

/// Whether the database or its write-ahead log has these bytes anywhere.
fn is_in_the_files(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let content = fs::read(entry.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn what_a_scavenge_removed_is_in_no_file_any_more_and_its_space_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let client = client(&store.url());
    let large = || EventData::binary("large", vec![b'x'; 100_000].into());
    for n in 0..60 {
        // Small and large ones lie in different kinds of pages.
        let secret = format!("the secret of {n}, and no one else's");
        let event = EventData::binary("kept", secret.clone().into_bytes().into());
        append(&client, &format!("secret-{n}"), NoStream, event).await.unwrap();
        append(&client, &format!("large-{n}"), NoStream, large()).await.unwrap();
    }
    for n in (0..60).filter(|n| n % 3 != 0) {
        let options = TombstoneStreamOptions::default();
        client.tombstone_stream(format!("secret-{n}"), &options).await.unwrap();
        client.tombstone_stream(format!("large-{n}"), &options).await.unwrap();
    }
    assert!(is_in_the_files(folder.path(), b"the secret of 1,"));
    let said = scavenge(&store, &client).await;
    assert!(said["spaceSaved"].as_u64().unwrap() > 3_000_000, "{said}");
    assert!(fs::metadata(&file).unwrap().len() < 3_000_000);
    for n in 0..60 {
        let secret = format!("the secret of {n}, and");
        assert_eq!(is_in_the_files(folder.path(), secret.as_bytes()), n % 3 == 0, "{n}");
    }
    store.shutdown().await;
}

#[tokio::test]
async fn also_after_many_rounds_no_copy_of_what_was_removed_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::builder().path(folder.path().join("log.db")).start().await.unwrap();
    let client = client(&store.url());
    // Of odd sizes, so that records are moved within their pages when others go.
    // Long enough that no random bytes (ids, checksums) are like them.
    let name = |n: usize| format!("<the secret of {n}>");
    let secret = |n: usize| name(n) + &"secret ".repeat(n % 7 * 13 + 5);
    let mut removed = Vec::new();
    for round in 0..4 {
        for n in round * 200..(round + 1) * 200 {
            let event = EventData::binary("kept", secret(n).into_bytes().into());
            append(&client, &format!("s-{n}"), NoStream, event).await.unwrap();
        }
        for n in (0..(round + 1) * 200).filter(|n| n % 5 == round) {
            let options = TombstoneStreamOptions::default();
            client.tombstone_stream(format!("s-{n}"), &options).await.unwrap();
            removed.push(n);
        }
        scavenge(&store, &client).await;
    }
    let found: Vec<_> =
        removed.iter().filter(|n| is_in_the_files(folder.path(), name(**n).as_bytes())).collect();
    assert!(found.is_empty(), "{found:?}");
    store.shutdown().await;
}

#[tokio::test]
async fn whoever_writes_and_follows_meanwhile_notices_nothing_of_a_scavenge() {
    let (store, client) = store().await;
    for n in 0..200 {
        append(&client, &format!("s-{n}"), NoStream, events(0..4)).await.unwrap();
        describe(&client, &format!("s-{n}"), &json!({ "$maxCount": 1 })).await;
    }
    let options = SubscribeToStreamOptions::default().start_from(Start);
    let mut follower = client.subscribe_to_stream("live", &options).await;
    let writing = tokio::spawn({
        let client = client.clone();
        async move {
            for n in 0..300 {
                append(&client, "live", Any, event(n)).await.unwrap();
            }
        }
    });
    assert_eq!(scavenge(&store, &client).await["eventsRemoved"], 600);
    soon(writing).await.unwrap();
    for n in 0..300 {
        assert_eq!(crate::support::number(&next_event(&mut follower).await), n);
    }
    store.shutdown().await;
}

#[tokio::test]
async fn a_scavenge_that_does_not_run_cannot_be_stopped() {
    let (store, _) = store().await;
    let operator = operations(&store);
    let refused = operator.stop_scavenge("no-such-scavenge", &OperationalOptions::default()).await;
    assert!(matches!(refused, Err(Error::ResourceNotFound)), "{refused:?}");
    store.shutdown().await;
}

#[tokio::test]
async fn one_scavenge_runs_at_a_time_and_can_be_stopped() {
    let (store, client) = store().await;
    for n in 0..600 {
        append(&client, &format!("s-{n}"), NoStream, events(0..2)).await.unwrap();
        describe(&client, &format!("s-{n}"), &json!({ "$maxCount": 1 })).await;
    }
    let operator = operations(&store);
    let options = OperationalOptions::default();
    let first = operator.start_scavenge(1, 0, &options).await.unwrap();
    let second = operator.start_scavenge(1, 0, &options).await.unwrap();
    // It may have ended in between; then the second one is another.
    let same = second.id() == first.id();
    assert_eq!(second.status() == ScavengeStatus::InProgress, same);
    match operator.stop_scavenge(second.id(), &options).await {
        Ok(stopped) => assert_eq!(stopped.status(), ScavengeStatus::Stopped),
        Err(ended) => assert!(matches!(ended, Error::ResourceNotFound), "{ended:?}"),
    }
    soon(store.shutdown()).await;
}

#[tokio::test]
async fn the_figures_are_true_and_come_again() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, events(0..3)).await.unwrap();
    let options = StatsOptions::default().refresh_time(Duration::from_millis(100));
    let mut figures = operations(&store).stats(&options).await.unwrap();
    let before = soon(figures.next()).await.unwrap().0;
    assert_eq!(before["es-writer-events"], "3");
    assert_eq!(before["proc-id"], std::process::id().to_string());
    append(&client, "s", Any, event(3)).await.unwrap();
    let after = async {
        loop {
            let now = figures.next().await.unwrap().0;
            if now["es-writer-events"] == "4" {
                return now;
            }
        }
    };
    let after = soon(after).await;
    let end = |figures: &std::collections::HashMap<String, String>| -> i64 {
        figures["es-checksum"].parse().unwrap()
    };
    assert!(end(&after) > end(&before));
    store.shutdown().await;
}

#[tokio::test]
async fn a_client_may_stop_the_server() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, event(0)).await.unwrap();
    operations(&store).shutdown(&OperationalOptions::default()).await.unwrap();
    soon(store.stopped()).await;
    soon(store.shutdown()).await;
}

#[tokio::test]
async fn what_a_cluster_or_an_index_would_need_is_not_implemented() {
    let (store, _) = store().await;
    let operator = operations(&store);
    let options = OperationalOptions::default();
    for refused in [
        operator.merge_indexes(&options).await,
        operator.resign_node(&options).await,
        operator.set_node_priority(1, &options).await,
        operator.enable_user("someone", &options).await,
    ] {
        assert!(matches!(refused, Err(Error::UnsupportedFeature)), "{refused:?}");
    }
    store.shutdown().await;
}
