//! The operators' socket of a real node.

use std::os::unix::fs::PermissionsExt;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LinesCodec};

use super::{
    Frame, Operation, SOCKET,
    client::Connection,
    operation::{AuditFilter, AuditOperation, ProjectionsOperation, Replay},
};
use crate::{config::Config, node::Node};

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_its_owners_alone_and_gone_with_the_server() {
    let (folder, node) = start().await;
    let socket = folder.path().join(SOCKET);
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    node.shutdown().await;
    assert!(!socket.exists());
    assert!(Connection::open(folder.path()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_a_crash_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET)).unwrap());
    assert!(Connection::open(folder.path()).await.unwrap().is_none());
    let node = start_in(&folder).await;
    assert!(Connection::open(folder.path()).await.unwrap().is_some());
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_server_does_not_know_is_refused() {
    let (folder, node) = start().await;
    for nonsense in ["", "{}", "[]", "{\"token\":{\"forge\":{}}}", "\0", &"x".repeat(100_000)] {
        let stream = UnixStream::connect(folder.path().join(SOCKET)).await.unwrap();
        let mut lines = Framed::new(stream, LinesCodec::new());
        // One that is too long is cut off, perhaps before it was sent.
        let _ = lines.send(nonsense).await;
        match lines.next().await {
            Some(Ok(answer)) => {
                let Ok(Frame::Failed(failure)) = serde_json::from_str(&answer) else {
                    panic!("{answer}")
                };
                assert_eq!(failure.code, "BAD_USER_INPUT");
            }
            _ => assert!(nonsense.len() > 64 * 1024),
        }
    }
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_hangs_up_leaves_nothing_behind() {
    let (folder, node) = start().await;
    let replay = Replay { filter: AuditFilter::default(), sealed: false };
    let replay = Operation::Audit(AuditOperation::Replay(replay));
    // More than are served at the same time.
    for _ in 0..40 {
        let mut server = Connection::open(folder.path()).await.unwrap().unwrap();
        server.ask(&replay).await.unwrap();
        assert!(server.next().await.unwrap().is_some());
    }
    let rows = ask(&folder, Operation::Projections(ProjectionsOperation::List)).await;
    assert!(!rows.as_array().unwrap().is_empty());
    node.shutdown().await;
}

async fn ask(folder: &TempDir, operation: Operation) -> Value {
    let mut server = Connection::open(folder.path()).await.unwrap().unwrap();
    server.ask(&operation).await.unwrap();
    loop {
        match server.next().await.unwrap() {
            Some(Frame::Done(outcome)) => return outcome,
            Some(Frame::Item(_) | Frame::Progress { .. }) => {}
            end => panic!("{end:?}"),
        }
    }
}

async fn start() -> (TempDir, Node) {
    let folder = tempfile::tempdir().unwrap();
    let node = start_in(&folder).await;
    (folder, node)
}

async fn start_in(folder: &TempDir) -> Node {
    let data = folder.path().to_str().unwrap();
    let settings = [("KEYLEDGER_DATA", data), ("KEYLEDGER_LISTEN", "127.0.0.1:0")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Node::start(Config::from_pairs(settings).unwrap()).await.unwrap()
}
