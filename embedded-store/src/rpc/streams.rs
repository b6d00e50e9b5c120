//! `Streams`: hands each call to the file that knows it.

use super::{
    append::append,
    batch_append, expected,
    generated::streams_server,
    outbox::Messages,
    read::{AllRead, StreamRead},
    read_request::{Request as Read, What},
    remove, status,
    subscribe_all::AllFollower,
    subscribe_stream::StreamFollower,
    wire,
};
use crate::{
    log::{Log, event::Position},
    protocol::event_store::client::{
        Empty,
        streams::{
            AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
            TombstoneReq, TombstoneResp, delete_resp, tombstone_resp,
        },
    },
};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

/// Answers the calls on streams.
pub(crate) struct Streams {
    pub(crate) log: Arc<Log>,
}

#[tonic::async_trait]
impl streams_server::Streams for Streams {
    type ReadStream = Messages;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Messages>, Status> {
        let Read { ids, resolve_links, what } = Read::parse(request.into_inner())?;
        let log = Arc::clone(&self.log);
        let messages = match what {
            What::Stream { stream, from, direction, count, positions } => {
                let read = StreamRead {
                    log,
                    ids,
                    stream,
                    from,
                    direction,
                    count,
                    resolve_links,
                    positions,
                };
                read.run().await?
            }
            What::All { from, direction, count, filter } => {
                let read = AllRead { log, ids, from, direction, count, resolve_links, filter };
                read.run().await?
            }
            What::FollowStream { stream, from } => {
                StreamFollower::start(log, ids, stream, from, resolve_links).await?
            }
            What::FollowAll { from, filter } => {
                AllFollower::start(log, ids, from, resolve_links, filter)
            }
        };
        Ok(Response::new(messages))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        append(&self.log, request.into_inner()).await.map(Response::new)
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let expected = expected::of_delete(options.expected_stream_revision.as_ref())?;
        let stream = wire::stream_name(options.stream_identifier.as_ref())?;
        let position = remove::delete(&self.log, stream, expected).await?;
        Ok(Response::new(deleted(position)))
    }

    async fn tombstone(
        &self,
        request: Request<TombstoneReq>,
    ) -> Result<Response<TombstoneResp>, Status> {
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let expected = expected::of_tombstone(options.expected_stream_revision.as_ref())?;
        let stream = wire::stream_name(options.stream_identifier.as_ref())?;
        let position = remove::tombstone(&self.log, stream, expected).await?;
        Ok(Response::new(tombstoned(position)))
    }

    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let mut answers = batch_append::start(Arc::clone(&self.log), request.into_inner());
        Ok(Response::new(stream::poll_fn(move |cx| answers.poll_recv(cx)).boxed()))
    }
}

fn deleted(position: Option<Position>) -> DeleteResp {
    use delete_resp::{Position as At, PositionOption};
    DeleteResp {
        position_option: Some(match position.map(wire::unsigned) {
            Some(position) => PositionOption::Position(At {
                commit_position: position,
                prepare_position: position,
            }),
            None => PositionOption::NoPosition(Empty {}),
        }),
    }
}

fn tombstoned(position: Option<Position>) -> TombstoneResp {
    use tombstone_resp::{Position as At, PositionOption};
    TombstoneResp {
        position_option: Some(match position.map(wire::unsigned) {
            Some(position) => PositionOption::Position(At {
                commit_position: position,
                prepare_position: position,
            }),
            None => PositionOption::NoPosition(Empty {}),
        }),
    }
}
