//! What was acknowledged is there: after a shutdown, and after a kill.

use crate::support::{append, client, event, events, numbers, read, read_all, soon};
use ExpectedRevision::{Any, Exact, NoStream};
use embedded_store::EmbeddedStore;
use eventstore::{Error, ExpectedRevision, ReadAllOptions, StreamPosition::Start};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

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

/// A server in a process of its own.
struct Server(Child);

impl Server {
    fn start(file: &Path) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embedded-store"))
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        (Self(child), format!("esdb://{address}?tls=false&discoveryInterval=1"))
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..5 {
        let (mut server, url) = Server::start(&file);
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let (client, acknowledged) = (client(&url), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    for n in 0.. {
                        let n = (round * 16 + writer) * 100_000 + n;
                        let pair = vec![event(2 * n), event(2 * n + 1)];
                        if append(&client, &format!("s-{n}"), NoStream, pair).await.is_err() {
                            return;
                        }
                        acknowledged.lock().unwrap().push(n);
                    }
                })
            })
            .collect();
        let enough = async {
            while acknowledged.lock().unwrap().len() < (round + 1) * 200 {
                tokio::task::yield_now().await;
            }
        };
        soon(enough).await;
        server.kill();
        for writer in writers {
            soon(writer).await.unwrap();
        }
    }
    let (server, url) = Server::start(&file);
    let options = ReadAllOptions::default().position(Start);
    let log = numbers(&soon(read_all(&client(&url), &options)).await.unwrap());
    let (pairs, rest) = log.as_chunks::<2>();
    assert!(rest.is_empty() && pairs.iter().all(|[a, b]| a % 2 == 0 && a + 1 == *b), "no halves");
    let mut written: Vec<_> = pairs.iter().map(|[first, _]| first / 2).collect();
    let count = written.len();
    written.sort_unstable();
    written.dedup();
    assert_eq!(written.len(), count, "nothing twice");
    for n in acknowledged.lock().unwrap().iter() {
        assert!(written.binary_search(n).is_ok(), "{n} was acknowledged");
    }
    drop(server);
}
