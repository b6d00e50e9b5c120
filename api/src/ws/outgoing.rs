//! Outgoing: the sending half of a socket, which does not wait for ever on a reader that sleeps.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures::{SinkExt, stream::SplitSink};
use tokio::time;

use super::Close;
use crate::app::App;

/// How long one message may take to leave.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a goodbye may take: the socket ends either way.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a socket lives by.
///
/// Both may be dropped half way, and have lost nothing.
pub(crate) trait Tenure {
    /// Finds out whether it still holds after all that was handed out on this node before.
    fn settle(&mut self, app: &App) -> impl Future<Output = Result<(), Close>> + Send;

    /// Waits until it does not hold any more.
    fn denied(&mut self, app: &App) -> impl Future<Output = Close> + Send;
}

pub(crate) struct Outgoing(SplitSink<WebSocket, Message>);

impl Outgoing {
    pub(crate) fn new(sink: SplitSink<WebSocket, Message>) -> Self {
        Self(sink)
    }

    /// Sends a message, unless what the socket lives by has ended, or ends, or the node stops, before
    /// it is sent.
    pub(crate) async fn say(
        &mut self,
        text: String,
        tenure: &mut impl Tenure,
        app: &App,
    ) -> Result<(), Close> {
        let stop = app.live.stopping();
        tokio::select! {
            biased;
            () = stop.cancelled() => return Err(Close::RESTART),
            settled = tenure.settle(app) => settled?,
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Close::RESTART),
            why = tenure.denied(app) => Err(why),
            sent = self.send(Message::Text(text.into())) => sent,
        }
    }

    pub(crate) async fn ping(&mut self) -> Result<(), Close> {
        self.send(Message::Ping(Bytes::new())).await
    }

    /// Says goodbye, after `last` where there is something to say first.
    pub(crate) async fn close(mut self, why: Close, last: Option<String>) {
        metrics::counter!("keyledger_sockets_closed_total", "reason" => why.reason).increment(1);
        let frame = CloseFrame { code: why.code, reason: Utf8Bytes::from_static(why.reason) };
        let goodbye = async {
            if let Some(text) = last {
                self.0.feed(Message::Text(text.into())).await?;
            }
            self.0.send(Message::Close(Some(frame))).await
        };
        // A peer that is gone, or does not read, is not told.
        let _ = time::timeout(GOODBYE, goodbye).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Close> {
        match time::timeout(PATIENCE, self.0.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::GONE),
            Err(_) => Err(Close::TOO_SLOW),
        }
    }
}
