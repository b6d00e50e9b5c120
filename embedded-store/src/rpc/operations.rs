//! `Operations`: scavenges, the end of the server, a new start of the groups.
//!
//! There is no index to merge and no cluster to resign in: those calls are not implemented.

use super::status;
use crate::{
    persistent::Subscriptions,
    protocol::event_store::client::{
        Empty,
        operations::{
            ScavengeResp, SetNodePriorityReq, StartScavengeReq, StopScavengeReq, operations_server,
            scavenge_resp::ScavengeResult,
        },
    },
    scavenge::{Scavenger, Start},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// Does what an operator asks for.
pub(crate) struct Operations {
    pub(crate) scavenger: Scavenger,
    pub(crate) subscriptions: Arc<Subscriptions>,
    pub(crate) stopping: CancellationToken,
}

#[tonic::async_trait]
impl operations_server::Operations for Operations {
    async fn start_scavenge(
        &self,
        _: Request<StartScavengeReq>,
    ) -> Result<Response<ScavengeResp>, Status> {
        let (id, result) = match self.scavenger.start() {
            Start::Started(id) => (id, ScavengeResult::Started),
            Start::InProgress(id) => (id, ScavengeResult::InProgress),
        };
        Ok(answer(id.to_string(), result))
    }

    async fn stop_scavenge(
        &self,
        request: Request<StopScavengeReq>,
    ) -> Result<Response<ScavengeResp>, Status> {
        let id = request.into_inner().options.ok_or_else(status::unhandled)?.scavenge_id;
        if !self.scavenger.stop(&id) {
            return Err(status::scavenge_not_found(&id));
        }
        Ok(answer(id, ScavengeResult::Stopped))
    }

    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::info!("a client asked the server to stop");
        // This answer is ready, and so goes out first.
        self.stopping.cancel();
        Ok(Response::new(Empty {}))
    }

    async fn merge_indexes(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(status::not_here("MergeIndexes"))
    }

    async fn resign_node(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(status::not_here("ResignNode"))
    }

    async fn set_node_priority(
        &self,
        _: Request<SetNodePriorityReq>,
    ) -> Result<Response<Empty>, Status> {
        Err(status::not_here("SetNodePriority"))
    }

    async fn restart_persistent_subscriptions(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Empty>, Status> {
        self.subscriptions.restart().await?;
        Ok(Response::new(Empty {}))
    }
}

fn answer(scavenge_id: String, result: ScavengeResult) -> Response<ScavengeResp> {
    Response::new(ScavengeResp { scavenge_id, scavenge_result: result.into() })
}
