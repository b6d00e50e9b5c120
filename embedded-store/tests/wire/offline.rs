//! The program's subcommands on a log that nobody serves.

use crate::support::{append, client, describe, event, events, numbers, read};
use embedded_store::{
    EmbeddedStore,
    maintenance::{self, Error},
};
use eventstore::{
    Client, DeleteStreamOptions, EventData,
    ExpectedRevision::{Any, NoStream},
    ReadAllOptions,
    StreamPosition::Start,
    TombstoneStreamOptions,
    operations::{self, OperationalOptions},
};
use serde_json::json;
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

/// A log with a bit of everything.
async fn fill(file: &Path) -> Vec<String> {
    let store = EmbeddedStore::builder().path(file).start().await.unwrap();
    let client = client(&store.url());
    append(&client, "s", NoStream, events(0..3)).await.unwrap();
    append(&client, "Größe", NoStream, event(3)).await.unwrap();
    let bytes = EventData::binary("bytes", vec![0, 159, 146, 150].into());
    append(&client, "b", NoStream, bytes.metadata(b"{ \"a\" : 1.00 }".to_vec().into()))
        .await
        .unwrap();
    describe(&client, "s", &json!({ "$maxCount": 2 })).await;
    append(&client, "gone", NoStream, events(4..6)).await.unwrap();
    client.tombstone_stream("gone", &TombstoneStreamOptions::default()).await.unwrap();
    append(&client, "deleted", NoStream, events(6..8)).await.unwrap();
    client.delete_stream("deleted", &DeleteStreamOptions::default()).await.unwrap();
    let operator = operations::Client::new(store.url().parse().unwrap());
    operator.start_scavenge(1, 0, &OperationalOptions::default()).await.unwrap();
    while !all(&client).await.iter().any(|event| event.contains("$scavengeCompleted")) {}
    let all = all(&client).await;
    store.shutdown().await;
    all
}

/// Every event of the log with all that is known of it.
async fn all(client: &Client) -> Vec<String> {
    let options = ReadAllOptions::default().position(Start);
    let events = crate::support::read_all(client, &options).await.unwrap();
    let told = events.iter().map(|event| {
        let event = event.get_original_event();
        // In an order of its own, which a map has not.
        let system: std::collections::BTreeMap<_, _> = event.metadata.iter().collect();
        let (data, metadata) = (&event.data, &event.custom_metadata);
        let place = (&event.stream_id, event.revision, event.position, event.id);
        format!("{place:?} {system:?} {data:?} {metadata:?}")
    });
    told.collect()
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_embedded-store"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn what_is_exported_and_imported_is_the_same_log() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("log.db"), folder.path().join("copy.db"));
    let before = fill(&file).await;
    let exported = run(&["export", "--db", file.to_str().unwrap()], b"");
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let imported = run(&["import", "--db", copy.to_str().unwrap()], &exported.stdout);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let again = run(&["export", "--db", copy.to_str().unwrap()], b"");
    assert_eq!(text(&again.stdout), text(&exported.stdout));
    let verified = run(&["verify", "--db", copy.to_str().unwrap()], b"");
    assert!(verified.status.success(), "{}", text(&verified.stdout));

    let store = EmbeddedStore::builder().path(&copy).start().await.unwrap();
    let client = client(&store.url());
    assert_eq!(all(&client).await, before);
    assert_eq!(numbers(&read(&client, "s").await.unwrap()), [1, 2]);
    // The stream whose events were all removed goes on with its numbers.
    let written = append(&client, "deleted", Any, event(9)).await.unwrap();
    assert_eq!(written.next_expected_version, 2);
    store.shutdown().await;
}

#[tokio::test]
async fn an_export_that_is_not_whole_makes_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("log.db"), folder.path().join("copy.db"));
    fill(&file).await;
    let export = text(&run(&["export", "--db", file.to_str().unwrap()], b"").stdout);
    let lines: Vec<_> = export.split_inclusive('\n').collect();
    let changed = export.replacen("\"n\\\":1", "\"n\\\":7", 1);
    assert_ne!(changed, export);
    let broken = [
        (String::new(), "line 1"),
        ("{}\n".into(), "line 1"),
        (lines[1..].concat(), "line 1"),
        (lines[..3].concat(), "ends before its end"),
        (export[..export.len() / 2].into(), "is no record"),
        (changed, "not what was exported"),
        ([&lines[..1], &lines[2..]].concat().concat(), "not what was exported"),
        ([&lines[..2], &lines[1..]].concat().concat(), "out of order"),
    ];
    for (export, complaint) in broken {
        let refused = run(&["import", "--db", copy.to_str().unwrap()], export.as_bytes());
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(complaint), "{}", text(&refused.stderr));
        assert!(!copy.exists());
    }
    let there = run(&["import", "--db", file.to_str().unwrap()], export.as_bytes());
    assert!(text(&there.stderr).contains("is there already"), "{}", text(&there.stderr));
}

#[tokio::test]
async fn a_changed_record_and_a_damaged_page_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    fill(&file).await;
    let path = file.to_str().unwrap();
    let whole = run(&["verify", "--db", path], b"");
    assert!(whole.status.success(), "{}", text(&whole.stdout));
    assert!(text(&whole.stdout).contains("every one as it was written"));

    let sqlite = rusqlite::Connection::open(&file).unwrap();
    let changed = "UPDATE events SET data = x'00' WHERE type = 'bytes'";
    assert_eq!(sqlite.execute(changed, []).unwrap(), 1);
    let position: i64 = sqlite
        .query_row("SELECT position FROM events WHERE type = 'bytes'", [], |row| row.get(0))
        .unwrap();
    drop(sqlite);
    let found = run(&["verify", "--db", path], b"");
    assert_eq!(found.status.code(), Some(1));
    let told = text(&found.stdout);
    let line = format!("the record at position {position} does not fit its checksum\n");
    assert_eq!(told, line);
    let refused = maintenance::export(&file, &mut std::io::sink(), &mut |_| {});
    assert!(matches!(refused, Err(Error::Damaged { position: p }) if p == position), "{refused:?}");

    let sqlite = rusqlite::Connection::open(&file).unwrap();
    sqlite.execute("DELETE FROM events WHERE type = 'counted' AND revision = 1", []).unwrap();
    drop(sqlite);
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(7).rposition(|window| window == b"counted").unwrap() / 4096 * 4096;
    bytes[at + 3..at + 5].copy_from_slice(&[0xff, 0xff]);
    fs::write(&file, bytes).unwrap();
    let found = run(&["verify", "--db", path], b"");
    assert_ne!(found.status.code(), Some(0));
    let told = text(&found.stdout) + &text(&found.stderr);
    assert!(told.contains("SQLite") || told.contains("malformed"), "{told}");
}

#[tokio::test]
async fn a_log_says_what_it_is_unless_it_is_in_use_or_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let path = file.to_str().unwrap();
    for command in ["info", "verify", "export"] {
        let missing = run(&[command, "--db", path], b"");
        assert_eq!(missing.status.code(), Some(2));
        assert!(text(&missing.stderr).contains("there is no log"), "{}", text(&missing.stderr));
    }
    let store = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let client = client(&store.url());
    append(&client, "s", NoStream, events(0..3)).await.unwrap();
    let in_use = run(&["info", "--db", path], b"");
    assert!(text(&in_use.stderr).contains("in use by another process"), "{}", text(&in_use.stderr));
    store.shutdown().await;
    let told = text(&run(&["info", "--db", path], b"").stdout);
    assert!(told.contains("events   3\nstreams  1\n"), "{told}");
}
