//! WebSockets as a client holds them: agents' `/ws`, and any other with a sub-protocol.

use std::net::SocketAddr;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::{client::Client, wait::PATIENCE};

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

/// What arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Json(Value),
    /// The close frame, or the end of the connection without one (code 1006, as the RFC says).
    Closed {
        code: u16,
        reason: String,
    },
}

/// Why there is no socket: the answer instead of the upgrade.
#[derive(Debug)]
pub struct Refused {
    /// 0 where there was no answer.
    pub status: u16,
    pub body: Value,
}

impl Refused {
    const UNANSWERED: Self = Self { status: 0, body: Value::Null };
}

impl Socket {
    /// Opens `path` of the node that `client` calls, from the client's network.
    ///
    /// # Panics
    ///
    /// If the path or a header is none.
    pub async fn open(
        client: &Client,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        let address = client.address().strip_prefix("http://").expect("it is plain HTTP");
        let mut request =
            format!("ws://{address}{path}").into_client_request().expect("an address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header's value");
            request.headers_mut().insert(*name, value);
        }
        let address = address.parse().expect("an address");
        let Ok(connection) = connect(client, address).await else {
            return Err(Refused::UNANSWERED);
        };
        match tokio_tungstenite::client_async(request, connection).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(Refused {
                status: response.status().as_u16(),
                body: response
                    .body()
                    .as_deref()
                    .and_then(|body| serde_json::from_slice(body).ok())
                    .unwrap_or_default(),
            }),
            Err(_) => Err(Refused::UNANSWERED),
        }
    }

    /// Opens an agent's socket with the token in the query, and returns it with its `hello`.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn agent(client: &Client, token: &str) -> (Self, Value) {
        let path = format!("/ws?token={token}");
        let mut socket = match Self::open(client, &path, &[]).await {
            Ok(socket) => socket,
            Err(refused) => panic!("{refused:?}"),
        };
        let hello = socket.json().await;
        assert_eq!(hello["type"], "hello", "{hello}");
        (socket, hello)
    }

    /// Sends a JSON text frame.
    ///
    /// # Panics
    ///
    /// If the socket is closed.
    pub async fn send(&mut self, frame: Value) {
        self.stream.send(Message::text(frame.to_string())).await.expect("an open socket");
    }

    /// Sends a JSON text frame to somebody who may be gone.
    pub async fn try_send(&mut self, frame: Value) -> Result<(), Box<Error>> {
        Ok(self.stream.send(Message::text(frame.to_string())).await?)
    }

    /// Sends a frame as it stands.
    ///
    /// # Panics
    ///
    /// If the socket is closed.
    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("an open socket");
    }

    /// The next text frame or the end; protocol pings are answered on the way.
    ///
    /// # Panics
    ///
    /// If nothing arrives for long.
    pub async fn next(&mut self) -> Frame {
        let closed = |code: u16, reason: &str| Frame::Closed { code, reason: reason.to_owned() };
        loop {
            let message = timeout(PATIENCE, self.stream.next()).await;
            match message.expect("nothing arrives") {
                Some(Ok(Message::Text(text))) => {
                    return Frame::Json(serde_json::from_str(&text).expect("a frame is JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return closed(frame.code.into(), &frame.reason);
                }
                Some(Ok(Message::Close(None))) => return closed(1005, ""),
                Some(Err(_)) | None => return closed(1006, ""),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next text frame.
    ///
    /// # Panics
    ///
    /// If the socket closes instead.
    pub async fn json(&mut self) -> Value {
        match self.next().await {
            Frame::Json(value) => value,
            closed @ Frame::Closed { .. } => panic!("{closed:?}"),
        }
    }

    /// The next text frame of this type; others are passed over.
    ///
    /// # Panics
    ///
    /// If the socket closes instead.
    pub async fn json_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.json().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Reads until the end and returns its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Frame::Closed { code, reason } = self.next().await {
                return (code, reason);
            }
        }
    }
}

async fn connect(client: &Client, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((client.network(), 0).into())?;
    socket.connect(to).await
}
