//! The running store: a log, and a server in front of it.

use crate::{
    Builder, Error,
    auth::{Credentials, Door},
    figures::Figures,
    http::Site,
    log::Log,
    persistent::Subscriptions,
    protocol::event_store::client::{
        gossip::gossip_server::GossipServer, monitoring::monitoring_server::MonitoringServer,
        operations::operations_server::OperationsServer,
        persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer,
        server_features::server_features_server::ServerFeaturesServer,
    },
    rpc::{
        Features, Gossip, Monitoring, Operations, Persistent, Streams,
        generated::streams_server::StreamsServer,
    },
    scavenge::Scavenger,
    server::{self, Front},
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, atomic::AtomicU64},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// How large a request may be, in bytes: EventStoreDB's own limit for streams.
const MAX_REQUEST: usize = 16 * 1024 * 1024 - 10_000;

/// A server in this process that speaks EventStoreDB's gRPC protocol.
///
/// Dropping it ends its calls, but only [`shutdown`](Self::shutdown) waits until the port and the file
/// are free. Neither `Debug` nor an error shows the password.
pub struct EmbeddedStore {
    address: SocketAddr,
    host: String,
    credentials: Option<Credentials>,
    log: Arc<Log>,
    stopping: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl EmbeddedStore {
    /// Begins to describe a store.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn start(builder: Builder) -> Result<Self, Error> {
        let Builder { place, listen, credentials, advertise } = builder;
        let refused = |source| Error::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let log = tokio::task::spawn_blocking(move || Log::open(&place))
            .await
            .map_err(|panic| Error::Thread(panic.into()))??;
        let log = Arc::new(log);
        let host = advertise.unwrap_or_else(|| host(address.ip()));
        let stopping = CancellationToken::new();
        let front = Self::front(&log, credentials.as_ref(), &host, address.port(), &stopping);
        let front = front.await?;
        let serving = Some(tokio::spawn(server::serve(listener, front)));
        tracing::info!(%address, "the embedded store listens");
        Ok(Self { address, host, credentials, log, stopping, serving })
    }

    /// Everything that answers calls.
    async fn front(
        log: &Arc<Log>,
        credentials: Option<&Credentials>,
        host: &str,
        port: u16,
        stopping: &CancellationToken,
    ) -> Result<Front, Error> {
        let subscriptions = Subscriptions::load(Arc::clone(log)).await.map_err(Error::Groups)?;
        let subscriptions = Arc::new(subscriptions);
        let connections = Arc::<AtomicU64>::default();
        let figures = Arc::new(Figures::new(Arc::clone(log), Arc::clone(&connections)));
        let door = Door::new(credentials);
        let site = Site {
            door: door.clone(),
            log: Arc::clone(log),
            figures: Arc::clone(&figures),
            host: host.into(),
            port,
            stopping: stopping.clone(),
        };
        let streams = StreamsServer::new(Streams { log: Arc::clone(log) })
            .max_decoding_message_size(MAX_REQUEST);
        let operations = Operations {
            scavenger: Scavenger::new(Arc::clone(log), format!("{host}:{port}")),
            subscriptions: Arc::clone(&subscriptions),
            stopping: stopping.clone(),
        };
        let gossip = Gossip { instance: log.instance, host: host.into(), port };
        let routes = Routes::new(streams)
            .add_service(ServerFeaturesServer::new(Features))
            .add_service(GossipServer::new(gossip))
            .add_service(MonitoringServer::new(Monitoring { figures }))
            .add_service(OperationsServer::new(operations))
            .add_service(PersistentSubscriptionsServer::new(Persistent { subscriptions }))
            .prepare();
        Ok(Front { door, routes, site: Arc::new(site), connections, stopping: stopping.clone() })
    }

    /// Returns once a client has asked the server to stop; then call [`shutdown`](Self::shutdown).
    pub async fn stopped(&self) {
        self.stopping.cancelled().await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection string for a client, **with the password**: do not log it.
    ///
    /// `discoveryInterval` is short, since a client sleeps that long before its first call.
    pub fn url(&self) -> String {
        let user = self.credentials.as_ref().map(Credentials::in_url).unwrap_or_default();
        let port = self.address.port();
        format!("esdb://{user}{}:{port}?tls=false&discoveryInterval=1", self.host)
    }

    /// Ends every call (live ones with `Unavailable`), finishes the writes that were accepted, and
    /// returns once the port and the file are free.
    pub async fn shutdown(mut self) {
        self.stopping.cancel();
        self.log.close().await;
        if let Some(serving) = self.serving.take()
            && let Err(error) = serving.await
        {
            tracing::error!(%error, "the server had panicked");
        }
        tracing::info!(address = %self.address, "the embedded store has stopped");
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The address as clients of this machine dial it.
fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
