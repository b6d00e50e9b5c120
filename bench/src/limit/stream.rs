//! Bare server streams: the messages that a read of `$all` sends, made once and sent again and again,
//! and what is appended, told to all who follow and kept nowhere.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::Result;
use bytes::Bytes;
use embedded_store::protocol::event_store::client::{
    StreamIdentifier, Uuid as ProtoUuid,
    streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp, append_req, append_resp,
        read_req::options::CountOption,
        read_resp::{
            CaughtUp, Content, ReadEvent,
            read_event::{Position, RecordedEvent},
        },
        streams_server::{Streams, StreamsServer},
    },
    uuid::Value,
};
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::{net::TcpListener, sync::broadcast};
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

struct Bare {
    appended: broadcast::Sender<ReadResp>,
}

/// How far a follower may fall behind.
const BEHIND: usize = 1024;

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl Streams for Bare {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let count = match request.into_inner().options.and_then(|options| options.count_option) {
            Some(CountOption::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            Some(CountOption::Subscription(_)) => return Ok(Response::new(self.follow())),
            None => 0,
        };
        let message = message(vec![b'x'; crate::log::SIZE].into());
        let messages = std::iter::repeat_n(message, count);
        Ok(Response::new(stream::iter(messages).map(Ok).boxed()))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let mut requests = request.into_inner();
        while let Some(request) = requests.message().await? {
            if let Some(append_req::Content::ProposedMessage(event)) = request.content {
                // Nobody may be following.
                let _ = self.appended.send(message(event.data));
            }
        }
        let success = append_resp::Success::default();
        Ok(Response::new(AppendResp { result: Some(append_resp::Result::Success(success)) }))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("it reads and appends"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("it reads and appends"))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented("it reads and appends"))
    }
}

impl Bare {
    fn follow(&self) -> Answers<ReadResp> {
        let live = Content::CaughtUp(CaughtUp::default());
        let live = stream::iter([Ok(ReadResp { content: Some(live) })]);
        let told = stream::unfold(self.appended.subscribe(), async |mut told| {
            // One that fell behind is told no more, and fails the measurement.
            told.recv().await.ok().map(|message| (Ok(message), told))
        });
        live.chain(told).boxed()
    }
}

fn message(data: Bytes) -> ReadResp {
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
        data,
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
    let appended = broadcast::Sender::new(BEHIND);
    Server::builder()
        .add_service(StreamsServer::new(Bare { appended }))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
