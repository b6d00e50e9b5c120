//! `PersistentSubscriptions`: hands each call to the groups.

use super::{
    persistent_info,
    persistent_read::{self, Deliveries},
    persistent_settings::{self as parse, named},
    status,
};
use crate::{
    persistent::{Command, Failure, Subscriptions, settings::Key},
    protocol::event_store::client::{
        Empty,
        persistent_subscriptions::{
            CreateReq, CreateResp, DeleteReq, DeleteResp, GetInfoReq, GetInfoResp, ListReq,
            ListResp, ReadReq, ReplayParkedReq, ReplayParkedResp, UpdateReq, UpdateResp,
            delete_req, get_info_req,
            list_req::{options::ListOption, stream_option},
            persistent_subscriptions_server, replay_parked_req,
        },
    },
};
use std::sync::Arc;
use tokio::sync::oneshot;
use tonic::{Request, Response, Status, Streaming};

/// Answers the calls on groups.
pub(crate) struct Persistent {
    pub(crate) subscriptions: Arc<Subscriptions>,
}

/// A failure as the status that clients know it by.
pub(crate) fn refused(failure: Failure, key: &Key) -> Status {
    match failure {
        Failure::Exists => status::subscription_exists(key),
        Failure::Missing => status::subscription_missing(key),
        Failure::Failed(reason) => status::subscription_failed(key, &reason),
        Failure::Status(status) => *status,
    }
}

#[tonic::async_trait]
impl persistent_subscriptions_server::PersistentSubscriptions for Persistent {
    type ReadStream = Deliveries;

    async fn create(&self, request: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        let (key, settings) = parse::create(request.into_inner())?;
        let created = self.subscriptions.create(key.clone(), settings?).await;
        created.map_err(|failure| refused(failure, &key))?;
        Ok(Response::new(CreateResp {}))
    }

    async fn update(&self, request: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        let (key, settings) = parse::update(request.into_inner())?;
        let updated = self.subscriptions.update(key.clone(), settings?).await;
        updated.map_err(|failure| refused(failure, &key))?;
        Ok(Response::new(UpdateResp {}))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        use delete_req::options::StreamOption;
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let key = match &options.stream_option {
            Some(StreamOption::StreamIdentifier(stream)) => named(stream, options.group_name)?,
            Some(StreamOption::All(_)) => parse::of_all(options.group_name),
            None => return Err(status::unhandled()),
        };
        let deleted = self.subscriptions.delete(&key).await;
        deleted.map_err(|failure| refused(failure, &key))?;
        Ok(Response::new(DeleteResp {}))
    }

    async fn read(
        &self,
        request: Request<Streaming<ReadReq>>,
    ) -> Result<Response<Deliveries>, Status> {
        persistent_read::read(&self.subscriptions, request.into_inner()).await.map(Response::new)
    }

    async fn get_info(
        &self,
        request: Request<GetInfoReq>,
    ) -> Result<Response<GetInfoResp>, Status> {
        use get_info_req::options::StreamOption;
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let key = match &options.stream_option {
            Some(StreamOption::StreamIdentifier(stream)) => named(stream, options.group_name)?,
            Some(StreamOption::All(_)) => parse::of_all(options.group_name),
            None => return Err(status::unhandled()),
        };
        let info = persistent_info::of(&self.subscriptions, &key).await?;
        Ok(Response::new(GetInfoResp { subscription_info: Some(info) }))
    }

    async fn replay_parked(
        &self,
        request: Request<ReplayParkedReq>,
    ) -> Result<Response<ReplayParkedResp>, Status> {
        use replay_parked_req::options::{StopAtOption, StreamOption};
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let key = match &options.stream_option {
            Some(StreamOption::StreamIdentifier(stream)) => named(stream, options.group_name)?,
            Some(StreamOption::All(_)) => parse::of_all(options.group_name),
            None => return Err(status::unhandled()),
        };
        let stop_at = match options.stop_at_option {
            Some(StopAtOption::StopAt(number)) => Some(number),
            Some(StopAtOption::NoLimit(_)) | None => None,
        };
        let group = self.subscriptions.find(&key).await.map_err(|f| refused(f, &key))?;
        if stop_at.is_some_and(|number| number < 0) {
            return Err(status::subscription_failed(
                &key,
                "Cannot stop replay at a negative version",
            ));
        }
        let (reply, replayed) = oneshot::channel();
        let command = Command::Replay { stop_at, reply };
        group.send(command).await.map_err(|_| status::subscription_missing(&key))?;
        match replayed.await {
            Ok(Ok(())) => Ok(Response::new(ReplayParkedResp {})),
            Ok(Err(reason)) => Err(status::subscription_failed(&key, &reason)),
            Err(_) => Err(status::subscription_dropped(&key)),
        }
    }

    async fn list(&self, request: Request<ListReq>) -> Result<Response<ListResp>, Status> {
        use stream_option::StreamOption;
        let options = request.into_inner().options.ok_or_else(status::unhandled)?;
        let source = match options.list_option {
            Some(ListOption::ListAllSubscriptions(_)) => None,
            Some(ListOption::ListForStream(of)) => match of.stream_option {
                Some(StreamOption::Stream(stream)) => Some(named(&stream, String::new())?.source),
                Some(StreamOption::All(_)) => Some(parse::of_all(String::new()).source),
                None => return Err(status::unhandled()),
            },
            None => return Err(status::unhandled()),
        };
        let keys = self.subscriptions.keys(source.as_deref()).await;
        if let (Some(source), true) = (source, keys.is_empty()) {
            return Err(status::subscription_missing(&Key { source, group: String::new() }));
        }
        let mut subscriptions = Vec::with_capacity(keys.len());
        for key in keys {
            subscriptions.push(persistent_info::of(&self.subscriptions, &key).await?);
        }
        Ok(Response::new(ListResp { subscriptions }))
    }

    async fn restart_subsystem(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.subscriptions.restart().await?;
        Ok(Response::new(Empty {}))
    }
}
