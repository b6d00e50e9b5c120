//! P4: from the answer to a revocation until the watchers know, with 1,000 other sockets open.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{Settings, keep};
use crate::{
    client::Person,
    load::{Latencies, process},
    product::Product,
    report::Row,
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const OTHERS: usize = 1000;
/// What one token may have open on an ENTERPRISE plan.
const SOCKETS_A_TOKEN: usize = 100;
const REVOCATIONS: usize = 200;
/// How long a watcher may take before the run is called failed.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let product = Product::start(settings)?;
    let address = product.server.address.clone();
    let mut person = Person::register(&address, 1).await?;
    let others = open_others(&address, &mut person).await?;
    let mut watcher = subscribe(&address, &person.access_token).await?;

    let (mut closed, mut told) = (Latencies::default(), Latencies::default());
    for _ in 0..REVOCATIONS {
        let (id, text) = person.create_token().await?;
        let mut socket = agent(&address, &text).await?;
        let watching = async {
            wait_for_close(&mut socket).await?;
            let at_socket = Instant::now();
            anyhow::Ok(at_socket)
        };
        let told_at = async {
            wait_for_revocation(&mut watcher, &id).await?;
            anyhow::Ok(Instant::now())
        };
        let revoking = async {
            person.revoke_token(&id).await?;
            anyhow::Ok(Instant::now())
        };
        let (acknowledged, at_socket, at_watcher) =
            timeout(PATIENCE, async { tokio::try_join!(revoking, watching, told_at) }).await??;
        // A watcher that knew before the caller did waited for nothing.
        closed.push(at_socket.saturating_duration_since(acknowledged));
        told.push(at_watcher.saturating_duration_since(acknowledged));
    }
    let mut rows = Vec::new();
    for (what, latencies) in [("the agent's socket closes", closed), ("a subscriber is told", told)]
    {
        keep(&mut rows, row(&product, what, latencies)?);
    }
    for other in others {
        other.abort();
    }
    Ok(rows)
}

fn row(product: &Product, what: &str, latencies: Latencies) -> Result<Row> {
    let quantiles = latencies.quantiles();
    Ok(Row {
        scenario: "P4",
        what: format!("revoked, until {what}"),
        figure: quantiles.p99,
        unit: "ms",
        limit: None,
        latency: Some(quantiles),
        cpu_us: None,
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "p99 under 20 ms",
    })
}

/// Opens the other agents' sockets, each read by a task that answers pings.
async fn open_others(
    address: &str,
    person: &mut Person,
) -> Result<Vec<tokio::task::JoinHandle<()>>> {
    let mut tasks = Vec::with_capacity(OTHERS);
    let mut text = String::new();
    for number in 0..OTHERS {
        if number % SOCKETS_A_TOKEN == 0 {
            (_, text) = person.create_token().await?;
        }
        let mut socket = agent(address, &text).await?;
        tasks.push(tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} }));
    }
    Ok(tasks)
}

/// Connects as an agent, and waits to be greeted.
async fn agent(address: &str, token: &str) -> Result<Socket> {
    let (mut socket, _) = connect_async(format!("ws://{address}/ws?token={token}")).await?;
    let hello = next_json(&mut socket).await?;
    if hello["type"] == "hello" { Ok(socket) } else { bail!("greeted with {hello}") }
}

/// Subscribes to the revocations of the person's workspace, and waits until it is live.
async fn subscribe(address: &str, access_token: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}/graphql/ws").into_client_request()?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await?;
    let authorization = format!("Bearer {access_token}");
    let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
    send(&mut socket, &init).await?;
    wait_until(&mut socket, |message| message["type"] == "connection_ack").await?;
    let query = "subscription{tokenRevocations{__typename ... on TokenRevocation{credentialId} \
                 ... on StreamCaughtUp{cursor}}}";
    send(&mut socket, &json!({ "id": "1", "type": "subscribe", "payload": { "query": query } }))
        .await?;
    wait_until(&mut socket, |message| {
        message["payload"]["data"]["tokenRevocations"]["__typename"] == "StreamCaughtUp"
    })
    .await?;
    Ok(socket)
}

async fn wait_for_close(socket: &mut Socket) -> Result<()> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(_))) | None => return Ok(()),
            Some(message) => drop(message?),
        }
    }
}

async fn wait_for_revocation(socket: &mut Socket, id: &str) -> Result<()> {
    wait_until(socket, |message| {
        message["payload"]["data"]["tokenRevocations"]["credentialId"] == id
    })
    .await
}

async fn wait_until(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Result<()> {
    loop {
        let message = next_json(socket).await?;
        if message["type"] == "ping" {
            send(socket, &json!({ "type": "pong" })).await?;
        } else if message["type"] == "error" {
            bail!("the subscription failed: {message}");
        } else if wanted(&message) {
            return Ok(());
        }
    }
}

async fn send(socket: &mut Socket, message: &Value) -> Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

async fn next_json(socket: &mut Socket) -> Result<Value> {
    loop {
        match timeout(PATIENCE, socket.next()).await?.context("the socket ended")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => bail!("closed: {frame:?}"),
            _ => {}
        }
    }
}
