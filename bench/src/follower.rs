//! A follower of the embedded log under measurement. Of what it is told it decodes only what was sent,
//! for a thousand of them share the processors with the server that is measured.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use embedded_store::protocol::event_store::client::{
    Empty,
    streams::{ReadReq, read_req::options},
};
use http::uri::PathAndQuery;
use tonic::{Request, Streaming, client::Grpc, codec::ProstCodec, transport::Channel};

use crate::log::request;

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

/// Follows `$all`.
pub(crate) struct Follower(Streaming<Told>);

impl Follower {
    /// Begins at the log's end; returns once it is live.
    pub(crate) async fn start(connection: Channel) -> Result<Self> {
        let all = options::AllOptions {
            all_option: Some(options::all_options::AllOption::End(Empty {})),
        };
        let count = options::CountOption::Subscription(options::SubscriptionOptions {});
        let request = Request::new(request(options::StreamOption::All(all), count, 0));
        let path = PathAndQuery::from_static("/event_store.client.streams.Streams/Read");
        let mut grpc = Grpc::new(connection);
        grpc.ready().await?;
        let codec = ProstCodec::<ReadReq, Told>::default();
        let mut told = grpc.server_streaming(request, path, codec).await?.into_inner();
        while let Some(message) = told.message().await? {
            if message.caught_up.is_some() {
                return Ok(Self(told));
            }
        }
        bail!("the subscription ended before it was live")
    }

    /// Waits for the next event; returns its data.
    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        loop {
            let message = self.0.message().await?.context("the subscription ended")?;
            if let Some(event) = message.event.and_then(|event| event.event) {
                return Ok(event.data);
            }
        }
    }
}
