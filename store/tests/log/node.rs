//! A node of a cluster, as a client sees it; the events lie in a real store behind it.
//!
//! What it answers in which state was observed on a genuine cluster that lost its leader.

use std::{
    collections::VecDeque,
    future::pending,
    net::{SocketAddr, TcpListener as StdListener},
    pin::Pin,
    sync::{Arc, Mutex},
};

use embedded_store::protocol::event_store::client::{
    Empty,
    gossip::{
        ClusterInfo, EndPoint, MemberInfo,
        gossip_server::{Gossip, GossipServer},
        member_info::VNodeState,
    },
    server_features::{
        SupportedMethods,
        server_features_server::{ServerFeatures, ServerFeaturesServer},
    },
    streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp,
        read_req::options::CountOption,
        read_resp::{Content, SubscriptionConfirmation},
        streams_client::StreamsClient,
        streams_server::{Streams, StreamsServer},
    },
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::runtime::Runtime;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Channel, Server, server::TcpIncoming},
};

type Frames<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a node is to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Leader,
    /// Points at the node at this address, be it alive or not.
    Follower(SocketAddr),
    /// Elected, and not ready.
    Starting,
    /// Takes connections and requests, and answers nothing.
    Hung,
}

/// What becomes of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Confirmed, then not a word.
    Silent,
    /// Confirmed, then ended as if all had been said.
    EndsWithOk,
    /// Ended with an error at once.
    Refused,
}

pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// Its own, so that killing the node kills its connections too.
    runtime: Option<Runtime>,
}

struct State {
    role: Role,
    /// Of the next subscriptions; those after them are served.
    fates: VecDeque<Fate>,
    subscriptions: usize,
}

impl Node {
    pub(crate) fn start(backend: SocketAddr, role: Role) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { role, fates: VecDeque::new(), subscriptions: 0 };
        let state = Arc::new(Mutex::new(state));
        let runtime = Runtime::new().unwrap();
        let service = Service { address, backend, state: Arc::clone(&state) };
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let incoming = TcpIncoming::from_listener(listener, true, None).unwrap();
            Server::builder()
                .add_service(StreamsServer::new(service.clone()))
                .add_service(GossipServer::new(service.clone()))
                .add_service(ServerFeaturesServer::new(service))
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
        Self { address, state, runtime: Some(runtime) }
    }

    pub(crate) fn become_(&self, role: Role) {
        self.state.lock().unwrap().role = role;
    }

    pub(crate) fn prepare(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state.lock().unwrap().fates.extend(fates);
    }

    /// How often it was subscribed to.
    pub(crate) fn subscriptions(&self) -> usize {
        self.state.lock().unwrap().subscriptions
    }

    pub(crate) fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Clone)]
struct Service {
    address: SocketAddr,
    backend: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Service {
    /// Lets a request through, or answers as a node in this role does.
    async fn admit(&self, requires_leader: bool) -> Result<(), Status> {
        let role = self.state.lock().unwrap().role;
        match role {
            Role::Follower(leader) if requires_leader => Err(not_leader(leader)),
            Role::Leader | Role::Follower(_) => Ok(()),
            Role::Starting => Err(Status::unavailable("Server Is Not Ready")),
            Role::Hung => pending().await,
        }
    }

    async fn backend(&self) -> StreamsClient<Channel> {
        StreamsClient::connect(format!("http://{}", self.backend)).await.unwrap()
    }

    fn next_fate(&self) -> Option<Fate> {
        let mut state = self.state.lock().unwrap();
        state.subscriptions += 1;
        state.fates.pop_front()
    }
}

fn requires_leader<T>(request: &Request<T>) -> bool {
    request.metadata().get("requires-leader").is_some()
}

fn not_leader(leader: SocketAddr) -> Status {
    let mut status = Status::not_found("Leader info available");
    let metadata = status.metadata_mut();
    metadata.insert("exception", "not-leader".parse().unwrap());
    metadata.insert("leader-endpoint-host", leader.ip().to_string().parse().unwrap());
    metadata.insert("leader-endpoint-port", leader.port().to_string().parse().unwrap());
    status
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = Frames<ReadResp>;
    type BatchAppendStream = Frames<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Frames<ReadResp>>, Status> {
        let count = request.get_ref().options.as_ref().and_then(|options| options.count_option);
        let subscribes = matches!(count, Some(CountOption::Subscription(_)));
        // Whether a subscription is the leader's is not checked.
        self.admit(requires_leader(&request) && !subscribes).await?;
        let fate = if subscribes { self.next_fate() } else { None };
        let confirmation = SubscriptionConfirmation { subscription_id: "1".into() };
        let confirmed = ReadResp { content: Some(Content::Confirmation(confirmation)) };
        let confirmed = stream::iter([Ok(confirmed)]);
        match fate {
            None => {
                let frames = self.backend().await.read(request.into_inner()).await?;
                Ok(Response::new(frames.into_inner().boxed()))
            }
            Some(Fate::Silent) => Ok(Response::new(confirmed.chain(stream::pending()).boxed())),
            Some(Fate::EndsWithOk) => Ok(Response::new(confirmed.boxed())),
            Some(Fate::Refused) => Err(Status::unavailable("Server Is Too Busy")),
        }
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let requires_leader = requires_leader(&request);
        self.admit(requires_leader).await?;
        let messages: Vec<_> = request.into_inner().try_collect().await?;
        self.backend().await.append(stream::iter(messages)).await
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("no test deletes here"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("no test deletes here"))
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Frames<BatchAppendResp>>, Status> {
        Err(Status::unimplemented("no test appends batches here"))
    }
}

#[tonic::async_trait]
impl Gossip for Service {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let role = self.state.lock().unwrap().role;
        let member = |address: SocketAddr, state: VNodeState| MemberInfo {
            instance_id: None,
            time_stamp: 0,
            state: state.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: address.ip().to_string(),
                port: address.port().into(),
            }),
        };
        let members = match role {
            Role::Leader => vec![member(self.address, VNodeState::Leader)],
            Role::Follower(leader) => {
                vec![member(self.address, VNodeState::Follower), member(leader, VNodeState::Leader)]
            }
            Role::Starting => vec![member(self.address, VNodeState::PreLeader)],
            Role::Hung => pending().await,
        };
        Ok(Response::new(ClusterInfo { members }))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        if self.state.lock().unwrap().role == Role::Hung {
            let () = pending().await;
        }
        let version = "23.10.8".to_owned();
        Ok(Response::new(SupportedMethods { methods: vec![], event_store_server_version: version }))
    }
}
