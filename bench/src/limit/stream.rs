//! A bare server stream: the messages that a read of `$all` sends, made once and sent again and again.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::Result;
use embedded_store::protocol::event_store::client::{
    StreamIdentifier, Uuid as ProtoUuid,
    streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp,
        read_req::options::CountOption,
        read_resp::{
            Content, ReadEvent,
            read_event::{Position, RecordedEvent},
        },
        streams_server::{Streams, StreamsServer},
    },
    uuid::Value,
};
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

struct Bare;

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl Streams for Bare {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let count = match request.into_inner().options.and_then(|options| options.count_option) {
            Some(CountOption::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => 0,
        };
        let message = message();
        let messages = std::iter::repeat_n(message, count);
        Ok(Response::new(stream::iter(messages).map(Ok).boxed()))
    }

    async fn append(
        &self,
        _: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        Err(Status::unimplemented("it only reads"))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("it only reads"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("it only reads"))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented("it only reads"))
    }
}

fn message() -> ReadResp {
    let metadata = [
        ("type", "measured"),
        ("created", "17956230816559560"),
        ("content-type", "application/octet-stream"),
    ];
    let id = Value::String("8f7f7a52-92b1-4ab3-a1f2-0f3a7c1f8a11".into());
    let recorded = RecordedEvent {
        id: Some(ProtoUuid { value: Some(id) }),
        stream_identifier: Some(StreamIdentifier { stream_name: "measured-1234".into() }),
        stream_revision: 1234,
        prepare_position: 1_234_567_890,
        commit_position: 1_234_567_890,
        metadata: metadata
            .map(|(key, value)| (key.into(), value.into()))
            .into_iter()
            .collect::<HashMap<_, _>>(),
        custom_metadata: Vec::new().into(),
        data: vec![b'x'; crate::log::SIZE].into(),
    };
    let event = ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(Position::CommitPosition(1_234_567_890)),
    };
    ReadResp { content: Some(Content::Event(event)) }
}

/// Serves until the process ends; prints the address like the product does.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from_listener(listener, true, None)
        .map_err(|error| anyhow::anyhow!("cannot listen: {error}"))?;
    Server::builder().add_service(StreamsServer::new(Bare)).serve_with_incoming(incoming).await?;
    Ok(())
}
