//! HTTP/1.1 on the same port: what tools ask of a node.

use crate::support::{append, event, store};
use embedded_store::EmbeddedStore;
use eventstore::{ExpectedRevision::NoStream, operations};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Asks, and returns the answer's status, head and body.
async fn ask(address: SocketAddr, request: &str, headers: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request =
        format!("{request} HTTP/1.1\r\nhost: store\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

async fn get(store: &EmbeddedStore, path: &str) -> (u16, String) {
    let (status, _, body) = ask(store.address(), &format!("GET {path}"), "").await;
    (status, body)
}

async fn get_json(store: &EmbeddedStore, path: &str) -> Value {
    let (status, head, body) = ask(store.address(), &format!("GET {path}"), "").await;
    assert_eq!(status, 200, "{body}");
    assert!(head.contains("content-type: application/json"), "{head}");
    // The body comes in one chunk, or as it is.
    let json = body.find('{').map(|begin| &body[begin..=body.rfind('}').unwrap()]);
    serde_json::from_str(json.unwrap()).unwrap()
}

#[tokio::test]
async fn a_balancer_learns_that_the_server_lives() {
    let (store, _) = store().await;
    assert_eq!(get(&store, "/health/live").await, (204, String::new()));
    assert_eq!(get(&store, "/health/live?liveCode=200").await.0, 200);
    assert_eq!(get(&store, "/health/live?liveCode=nonsense").await.0, 204);
    let (status, ..) = ask(store.address(), "HEAD /health/live", "").await;
    assert_eq!(status, 204);
    let (status, head, _) =
        ask(store.address(), "POST /health/live", "content-length: 0\r\n").await;
    assert_eq!(status, 405);
    assert!(head.contains("allow: get, head"));
    assert_eq!(get(&store, "/streams/s").await.0, 404);
    store.shutdown().await;
}

#[tokio::test]
async fn the_client_reads_gossip_over_http() {
    let store = EmbeddedStore::builder().advertise("localhost").start().await.unwrap();
    let operator = operations::Client::new(store.url().parse().unwrap());
    let members = operator.read_gossip().await.unwrap();
    let [member] = &members[..] else { panic!("there is one member") };
    assert!(member.is_alive && member.state == operations::VNodeState::Leader);
    assert_eq!(member.http_end_point.host, "localhost");
    assert_eq!(member.http_end_point.port, u32::from(store.address().port()));
    store.shutdown().await;
}

#[tokio::test]
async fn a_node_says_what_it_is() {
    let (store, _) = store().await;
    let info = get_json(&store, "/info").await;
    assert_eq!(info["esVersion"], "24.10.0");
    assert_eq!(info["state"], "leader");
    assert_eq!(info["features"]["projections"], false);
    store.shutdown().await;
}

#[tokio::test]
async fn the_figures_are_there_as_json_and_for_prometheus() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, event(0)).await.unwrap();
    let figures = get_json(&store, "/stats").await;
    assert_eq!(figures["es"]["writer"]["events"], 1);
    assert!(figures["es"]["connections"].as_u64().unwrap() >= 2, "{figures}");
    let (status, text) = get(&store, "/metrics").await;
    assert_eq!(status, 200);
    assert!(
        text.contains("# TYPE eventstore_es_writer_events gauge\neventstore_es_writer_events 1")
    );
    store.shutdown().await;
}

#[tokio::test]
async fn figures_are_for_whoever_has_the_password() {
    let store = EmbeddedStore::builder().credentials("ada", "secret").start().await.unwrap();
    for open in ["/health/live", "/gossip", "/info"] {
        assert!(get(&store, open).await.0 < 300, "{open}");
    }
    for private in ["/stats", "/metrics"] {
        let (status, head, _) = ask(store.address(), &format!("GET {private}"), "").await;
        assert_eq!(status, 401);
        assert!(head.contains("www-authenticate: basic"), "{head}");
        // Of `ada:secret`.
        let key = "authorization: Basic YWRhOnNlY3JldA==\r\n";
        let (status, ..) = ask(store.address(), &format!("GET {private}"), key).await;
        assert_eq!(status, 200);
    }
    store.shutdown().await;
}
