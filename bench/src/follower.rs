//! A follower of the embedded log under measurement: bare HTTP/2, and of what it is told it decodes only
//! what was sent, for a thousand of them share the processors with the server that is measured.

use anyhow::{Context as _, Result};
use bytes::{BufMut as _, Bytes, BytesMut};
use embedded_store::protocol::event_store::client::{Empty, streams::read_req::options};
use h2::{
    RecvStream,
    client::{self, SendRequest},
};
use http::{Request, Version, header};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_util::codec::{Decoder as _, LengthDelimitedCodec};

use crate::log::request;

/// What may be sent ahead to a follower, and to all on its connection, in bytes.
const WINDOW: u32 = 16 << 20;

/// `ReadResp`, without what is not looked at.
#[derive(Clone, PartialEq, prost::Message)]
struct Told {
    #[prost(message, optional, tag = "1")]
    event: Option<ReadEvent>,
    #[prost(message, optional, tag = "8")]
    caught_up: Option<CaughtUp>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    event: Option<RecordedEvent>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RecordedEvent {
    #[prost(bytes = "bytes", tag = "8")]
    data: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CaughtUp {}

/// A connection that followers share.
#[derive(Clone)]
pub(crate) struct Connection {
    address: String,
    requests: SendRequest<Bytes>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut builder = client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let (requests, connection) = builder.handshake(stream).await?;
        // Where it breaks, its followers say so.
        tokio::spawn(connection);
        Ok(Self { address: address.to_owned(), requests })
    }
}

/// Follows `$all`.
pub(crate) struct Follower {
    told: RecvStream,
    /// What has come of the next message.
    begun: BytesMut,
    /// A flag, the length, the message.
    messages: LengthDelimitedCodec,
}

impl Follower {
    /// Begins at the log's end; returns once it is live.
    pub(crate) async fn start(connection: Connection) -> Result<Self> {
        let Connection { address, requests } = connection;
        let head =
            Request::post(format!("http://{address}/event_store.client.streams.Streams/Read"))
                .version(Version::HTTP_2)
                .header(header::CONTENT_TYPE, "application/grpc")
                .header(header::TE, "trailers")
                .body(())?;
        let (answer, mut body) = requests.ready().await?.send_request(head, false)?;
        body.send_data(from_the_end()?, true)?;
        let told = answer.await?.into_body();
        let messages =
            LengthDelimitedCodec::builder().length_field_offset(1).num_skip(5).new_codec();
        let mut follower = Self { told, begun: BytesMut::new(), messages };
        while follower.message().await?.caught_up.is_none() {}
        Ok(follower)
    }

    /// Waits for the next event; returns its data.
    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        loop {
            if let Some(event) = self.message().await?.event.and_then(|event| event.event) {
                return Ok(event.data);
            }
        }
    }

    async fn message(&mut self) -> Result<Told> {
        loop {
            if let Some(message) = self.messages.decode(&mut self.begun)? {
                return Ok(Told::decode(message)?);
            }
            let data = self.told.data().await.context("the subscription ended")??;
            self.told.flow_control().release_capacity(data.len())?;
            self.begun.extend_from_slice(&data);
        }
    }
}

/// The request to follow `$all`, with what stands before a message.
fn from_the_end() -> Result<Bytes> {
    let all =
        options::AllOptions { all_option: Some(options::all_options::AllOption::End(Empty {})) };
    let count = options::CountOption::Subscription(options::SubscriptionOptions {});
    let request = request(options::StreamOption::All(all), count, 0).encode_to_vec();
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(request.len())?);
    framed.put_slice(&request);
    Ok(framed.freeze())
}
