//! GraphQL over WebSocket (`graphql-transport-ws`), as a dashboard holds it.

use serde_json::{Value, json};

use crate::{
    client::Client,
    socket::{Frame, Socket},
};

/// An open, acknowledged socket.
#[derive(Debug)]
pub struct GraphqlSocket {
    pub socket: Socket,
    /// What `connection_ack` said.
    pub acknowledged: Value,
}

impl GraphqlSocket {
    /// Opens one without saying who calls.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn silent(client: &Client) -> Socket {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        match Socket::open(client, "/graphql/ws", &protocol).await {
            Ok(socket) => socket,
            Err(refused) => panic!("{refused:?}"),
        }
    }

    /// Opens one with the client's credential.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn open(client: &Client) -> Self {
        let mut socket = Self::silent(client).await;
        let bearer = client.bearer().expect("a client with a credential");
        let payload = json!({ "authorization": format!("Bearer {bearer}") });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        let acknowledged = socket.json_of("connection_ack").await["payload"].clone();
        Self { socket, acknowledged }
    }

    /// Subscribes.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.socket.send(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message of a subscription: the value of its one root field.
    ///
    /// # Panics
    ///
    /// If it ends or errs instead.
    pub async fn next(&mut self, id: &str) -> Value {
        loop {
            let frame = self.socket.json().await;
            match (frame["type"].as_str(), frame["id"].as_str()) {
                (Some("next"), Some(it)) if it == id => {
                    assert!(frame["payload"]["errors"].is_null(), "{frame}");
                    let data = frame["payload"]["data"].as_object().expect("data");
                    return data.values().next().expect("a root field").clone();
                }
                (Some("error" | "complete"), Some(it)) if it == id => panic!("{frame}"),
                _ => {}
            }
        }
    }

    /// Passes over messages until the subscription is live.
    ///
    /// # Panics
    ///
    /// If it ends or errs instead.
    pub async fn caught_up(&mut self, id: &str) -> Vec<Value> {
        let mut before = Vec::new();
        loop {
            let message = self.next(id).await;
            if message["__typename"] == "StreamCaughtUp" {
                return before;
            }
            before.push(message);
        }
    }

    /// Reads until the end and returns its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Frame::Closed { code, reason } = self.socket.next().await {
                return (code, reason);
            }
        }
    }
}
