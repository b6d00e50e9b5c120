//! A socket: kept up, resumed where it was, and given up only when the token is.

use std::{fmt, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

/// How long to wait before connecting again, and at most.
const SOON: Duration = Duration::from_millis(500);
const LATEST: Duration = Duration::from_secs(30);
/// The server asks every 30 s whether we are there; hearing nothing for so long is an outage.
const SILENCE: Duration = Duration::from_secs(75);

/// The token is not accepted any more; connecting again is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not accepted any more ({reason})")]
pub struct Ended {
    /// A stable word, e.g. `token_revoked`.
    pub reason: String,
}

/// A connection to `/ws` that follows one topic.
pub struct Socket {
    url: String,
    token: String,
    topic: String,
    cursor: Option<String>,
    stream: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    wait: Duration,
}

impl Socket {
    /// Will connect to `url` (`ws://…/ws`) by an agent or session token, and follow `topic`.
    pub fn new(url: impl Into<String>, token: impl Into<String>, topic: impl Into<String>) -> Self {
        let (url, token, topic) = (url.into(), token.into(), topic.into());
        Self { url, token, topic, cursor: None, stream: None, wait: SOON }
    }

    /// Begins after a cursor that was kept.
    #[must_use]
    pub fn after(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }

    /// Up to where everything was given out; to be kept for [`Self::after`].
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Waits for the next frame, through any number of connections. Dropped half way, nothing is
    /// lost but the connection, at worst.
    pub async fn next(&mut self) -> Result<Value, Ended> {
        loop {
            if self.stream.is_none() {
                self.connect().await?;
            }
            let Some(stream) = &mut self.stream else {
                self.pause().await;
                continue;
            };
            match timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap_or_default();
                    if frame["type"] == "ping" {
                        let pong = json!({ "type": "pong", "t": frame["t"] });
                        let _ = stream.send(Message::text(pong.to_string())).await;
                    }
                    if frame["type"] == "subscribed" {
                        self.wait = SOON;
                    }
                    self.remember(&frame);
                    return Ok(frame);
                }
                Ok(Some(Ok(Message::Close(Some(frame))))) if u16::from(frame.code) == 4401 => {
                    self.stream = None;
                    return Err(Ended { reason: frame.reason.to_string() });
                }
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => {
                    self.stream = None;
                    self.pause().await;
                }
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    /// Waits before connecting again; longer each time in which nothing came of it.
    async fn pause(&mut self) {
        sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LATEST);
    }

    /// Connects and subscribes, if that is possible now.
    async fn connect(&mut self) -> Result<(), Ended> {
        let refused = |reason: &str| Ended { reason: reason.to_owned() };
        let Ok(mut request) = self.url.as_str().into_client_request() else {
            return Err(refused("this is no address"));
        };
        // Not in the address, which others see.
        let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {}", self.token)) else {
            return Err(refused("this is no token"));
        };
        request.headers_mut().insert("authorization", bearer);
        let mut stream = match connect_async(request).await {
            Ok((stream, _)) => stream,
            // Refused for good; anything else may pass.
            Err(Error::Http(refusal)) if refusal.status() == 401 => {
                return Err(refused("refused"));
            }
            Err(_) => return Ok(()),
        };
        let topic = &self.topic;
        let subscribe =
            json!({ "type": "subscribe", "id": topic, "topic": topic, "after": self.cursor });
        if stream.send(Message::text(subscribe.to_string())).await.is_ok() {
            self.stream = Some(stream);
        }
        Ok(())
    }

    fn remember(&mut self, frame: &Value) {
        let cursor = match frame["type"].as_str() {
            Some("event" | "caught_up") => frame["cursor"].as_str(),
            // Nothing was seen before the first connection.
            Some("hello") if self.cursor.is_none() => frame["resume"].as_str(),
            Some("lagged") => frame["resume_from"].as_str(),
            _ => None,
        };
        if let Some(cursor) = cursor {
            self.cursor = Some(cursor.to_owned());
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("topic", &self.topic).finish_non_exhaustive()
    }
}
