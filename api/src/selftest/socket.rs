//! An agent on `/ws`, and a watcher on `/graphql/ws`.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An agent that is connected with its token.
pub(super) struct Agent(Socket);

impl Agent {
    /// Connects and waits for the greeting.
    pub(super) async fn connect(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let (mut socket, _) = connect_async(format!("ws://{address}/ws?token={token}")).await?;
        let hello = next(&mut socket).await?;
        ensure!(hello["type"] == "hello", "the first frame is {hello}");
        Ok(Self(socket))
    }

    /// Waits until the server closes the socket for the reason that the token is revoked.
    pub(super) async fn closed_as_revoked(&mut self) -> anyhow::Result<()> {
        while let Some(message) = self.0.next().await {
            if let Message::Close(frame) = message? {
                let frame = frame.context("the close frame is empty")?;
                let code = u16::from(frame.code);
                ensure!(code == 4401, "it closed with {code} {}", frame.reason);
                ensure!(&*frame.reason == "token_revoked", "it closed as {}", frame.reason);
                return Ok(());
            }
        }
        bail!("the connection broke off without a close frame")
    }

    /// Makes sure that the token does not connect any more.
    pub(super) async fn refused(address: SocketAddr, token: &str) -> anyhow::Result<()> {
        match connect_async(format!("ws://{address}/ws?token={token}")).await {
            Err(tungstenite::Error::Http(answer)) if answer.status() == 401 => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => bail!("it connected"),
        }
    }
}

/// A person who watches revocations.
pub(super) struct Watcher(Socket);

impl Watcher {
    /// Subscribes and waits until everything that was is delivered.
    pub(super) async fn subscribe(
        address: SocketAddr,
        authorization: String,
        workspace: &str,
    ) -> anyhow::Result<Self> {
        let mut request = format!("ws://{address}/graphql/ws").into_client_request()?;
        let protocol = "graphql-transport-ws".parse()?;
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let mut socket = connect_async(request).await?.0;
        let init = json!({
            "type": "connection_init",
            "payload": { "authorization": authorization },
        });
        send(&mut socket, &init).await?;
        let ack = next(&mut socket).await?;
        ensure!(ack["type"] == "connection_ack", "the first message is {ack}");
        let query = "subscription ($workspace: ID) {
            tokenRevocations(workspaceId: $workspace) {
                __typename
                ... on TokenRevocation { credentialId }
            }
        }";
        let payload = json!({ "query": query, "variables": { "workspace": workspace } });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        send(&mut socket, &subscribe).await?;
        let mut watcher = Self(socket);
        while watcher.message().await?["__typename"] != "StreamCaughtUp" {}
        Ok(watcher)
    }

    /// Waits for the revocation of `token`.
    pub(super) async fn revocation_of(&mut self, token: &str) -> anyhow::Result<()> {
        while self.message().await?["credentialId"] != token {}
        Ok(())
    }

    async fn message(&mut self) -> anyhow::Result<Value> {
        loop {
            let mut message = next(&mut self.0).await?;
            match message["type"].as_str() {
                Some("next") => {
                    let mut payload = message["payload"].take();
                    ensure!(payload["errors"].is_null(), "{}", payload["errors"]);
                    return Ok(payload["data"]["tokenRevocations"].take());
                }
                Some("ping") => send(&mut self.0, &json!({ "type": "pong" })).await?,
                _ => bail!("the subscription ended: {message}"),
            }
        }
    }
}

async fn send(socket: &mut Socket, message: &Value) -> anyhow::Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

/// Returns the next JSON message.
async fn next(socket: &mut Socket) -> anyhow::Result<Value> {
    loop {
        match socket.next().await.context("the connection broke off")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => bail!("it closed: {frame:?}"),
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
        }
    }
}
