//! The connection: kept up, resumed where it was, and given up only when the token is.

use std::time::Duration;

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::{pair::Paired, store::Store};

/// How long to wait before connecting again, and at most.
const SOON: Duration = Duration::from_millis(500);
const LATEST: Duration = Duration::from_secs(30);
/// The server asks every 30 s whether we are there; hearing nothing for so long is an outage.
const SILENCE: Duration = Duration::from_secs(75);

/// Why the app ends by itself.
pub(crate) enum Ended {
    Revoked(String),
}

/// What became of one connection.
enum Outcome {
    /// For good.
    Ended(Ended),
    /// Come back; at once where the connection had stood.
    Lost { stood: bool },
}

/// Connects, and connects again, until the token is not accepted any more.
pub(crate) async fn stay(store: &Store, mut paired: Paired) -> Result<Ended> {
    let mut wait = SOON;
    loop {
        match once(store, &mut paired).await? {
            Outcome::Ended(ended) => return Ok(ended),
            Outcome::Lost { stood } => {
                if stood {
                    wait = SOON;
                }
                eprintln!("disconnected; trying again");
                sleep(wait).await;
                wait = (wait * 2).min(LATEST);
            }
        }
    }
}

async fn once(store: &Store, paired: &mut Paired) -> Result<Outcome> {
    let mut request = paired.websocket_url.as_str().into_client_request()?;
    // Not in the address, which others see.
    let bearer = HeaderValue::from_str(&format!("Bearer {}", paired.token))?;
    request.headers_mut().insert("authorization", bearer);
    let mut socket = match connect_async(request).await {
        Ok((socket, _)) => socket,
        // Refused for good; anything else may pass.
        Err(Error::Http(refusal)) if refusal.status() == 401 => {
            return Ok(Outcome::Ended(Ended::Revoked("refused".into())));
        }
        Err(_) => return Ok(Outcome::Lost { stood: false }),
    };
    let subscribe =
        json!({ "type": "subscribe", "id": "self", "topic": "self", "after": paired.cursor });
    if socket.send(Message::text(subscribe.to_string())).await.is_err() {
        return Ok(Outcome::Lost { stood: false });
    }
    loop {
        match timeout(SILENCE, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                println!("{text}");
                let frame: Value = serde_json::from_str(&text).unwrap_or_default();
                if frame["type"] == "ping" {
                    let pong = json!({ "type": "pong", "t": frame["t"] });
                    let _ = socket.send(Message::text(pong.to_string())).await;
                }
                remember(store, paired, &frame)?;
            }
            Ok(Some(Ok(Message::Close(frame)))) => {
                let (code, reason) = frame
                    .map(|frame| (u16::from(frame.code), frame.reason.to_string()))
                    .unwrap_or_default();
                return Ok(match code {
                    4401 => Outcome::Ended(Ended::Revoked(reason)),
                    _ => Outcome::Lost { stood: true },
                });
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => return Ok(Outcome::Lost { stood: true }),
        }
    }
}

/// Keeps the cursor, so that the next connection begins where this one ended.
fn remember(store: &Store, paired: &mut Paired, frame: &Value) -> Result<()> {
    let cursor = match frame["type"].as_str() {
        Some("event" | "caught_up") => frame["cursor"].as_str(),
        // Nothing was seen before the first connection.
        Some("hello") if paired.cursor.is_none() => frame["resume"].as_str(),
        Some("lagged") => frame["resume_from"].as_str(),
        _ => None,
    };
    if let Some(cursor) = cursor
        && paired.cursor.as_deref() != Some(cursor)
    {
        paired.cursor = Some(cursor.to_owned());
        store.write(paired)?;
    }
    Ok(())
}
