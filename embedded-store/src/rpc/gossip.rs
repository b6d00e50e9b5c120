//! `Gossip`: a cluster of one, alive and its own leader.

use super::wire::{IdFormat, uuid};
use crate::{
    log::clock,
    protocol::event_store::client::{
        Empty,
        gossip::{ClusterInfo, EndPoint, MemberInfo, gossip_server, member_info::VNodeState},
    },
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// Answers who is in the cluster.
#[derive(Debug)]
pub(crate) struct Gossip {
    pub(crate) instance: Uuid,
    /// Where clients in discovery mode are sent.
    pub(crate) host: String,
    pub(crate) port: u16,
}

#[tonic::async_trait]
impl gossip_server::Gossip for Gossip {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        Ok(Response::new(ClusterInfo {
            members: vec![MemberInfo {
                instance_id: Some(uuid(self.instance, IdFormat::Text)),
                time_stamp: clock::now(),
                state: VNodeState::Leader.into(),
                is_alive: true,
                http_end_point: Some(EndPoint {
                    address: self.host.clone(),
                    port: self.port.into(),
                }),
            }],
        }))
    }
}
