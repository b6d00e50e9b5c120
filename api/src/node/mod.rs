//! Node: one running service, with everything it is made of and every way in.
//!
//! Started, it is ready; stopped, it has finished what it had begun. Any number of nodes run in a
//! process or on machines, each with a data folder of its own.

mod data_folder;
#[cfg(feature = "embedded")]
mod embedded;
mod master_key;
mod parts;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub use self::parts::Parts;
use crate::{
    admin::server::AdminSocket,
    app::App,
    clock::Clock,
    config::{Config, HttpConfig},
    graphql,
    http::{self, Admission, Gate, Proxies, Server, Service},
    reactors::{ReactorStatuses, Reactors},
    telemetry, ws,
};

/// How long what was begun may take to finish when the node stops.
const GRACE: Duration = Duration::from_secs(10);

/// A service that answers.
pub struct Node {
    parts: Parts,
    address: SocketAddr,
    operations: Option<SocketAddr>,
    reactors: Reactors,
    serving: JoinSet<()>,
    /// Ends the ways in; the parts behind them end after.
    closing: CancellationToken,
}

impl Node {
    /// Starts a node; when this returns, it listens.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        Self::start_with(config, Clock::default()).await
    }

    /// The same with a clock that the caller can move.
    pub async fn start_with(config: Config, clock: Clock) -> anyhow::Result<Self> {
        // Counters keep the recorder that is there when they are made.
        telemetry::metrics();
        // First, so that a port in use is known before anything is started.
        let listener = bind(config.listen).await?;
        let operations = match config.ops_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let (http, name) = (config.http.clone(), config.node.clone());
        let address = listener.local_addr()?;
        let parts = Parts::start_with(config, clock, Some(address)).await?;
        let admin = AdminSocket::bind(parts.folder())?;
        let closing = CancellationToken::new();
        let reactors = Reactors::start(parts.app(), &name, &closing);
        let mut node = Self {
            address,
            operations: operations.as_ref().map(TcpListener::local_addr).transpose()?,
            reactors,
            serving: JoinSet::new(),
            closing,
            parts,
        };
        node.serving.spawn(admin.serve(node.parts.app().clone(), node.closing.clone()));
        node.open(listener, operations, &http);
        Ok(node)
    }

    /// Opens the ways in from outside.
    fn open(&mut self, listener: TcpListener, operations: Option<TcpListener>, http: &HttpConfig) {
        if !http::has_dashboard() {
            tracing::warn!("{}", http::NO_DASHBOARD);
        }
        let app = self.parts.app();
        let schema = graphql::schema(app.clone());
        let service = Service::new(app.clone(), schema.clone(), self.reactors.statuses());
        let routes = http::routes(service.clone()).merge(ws::routes(app.clone(), schema));
        let looked_at = http::operations(service.clone());
        let admission = Admission::default();
        let watching = admission.clone().watch(http.longest_wait, self.closing.clone());
        self.serving.spawn(watching);
        let proxies = Proxies::new(&http.trusted_proxies);
        let gate = |routes, busiest| {
            Gate::new(http::closed(routes), busiest, proxies.clone(), admission.clone())
        };
        match operations {
            None => self.serve(listener, gate(routes.merge(looked_at), Some(service)), http),
            Some(apart) => {
                self.serve(listener, gate(routes, Some(service)), http);
                self.serve(apart, gate(looked_at, None), http);
            }
        }
    }

    fn serve(&mut self, listener: TcpListener, gate: Gate, http: &HttpConfig) {
        let server = Server::new(listener, gate, http.connections);
        self.serving.spawn(server.serve(self.closing.clone(), GRACE));
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its health and metrics are, if apart from everything else.
    pub fn operations(&self) -> Option<SocketAddr> {
        self.operations
    }

    /// How its reactors are doing.
    pub fn reactors(&self) -> ReactorStatuses {
        self.reactors.statuses()
    }

    pub fn app(&self) -> &App {
        self.parts.app()
    }

    /// Stops accepting, finishes what was begun within ten seconds, tells sockets to come back
    /// later, and stops what is behind.
    pub async fn shutdown(mut self) {
        self.closing.cancel();
        while self.serving.join_next().await.is_some() {}
        self.reactors.stopped().await;
        self.parts.stop().await;
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{address} can not be listened on; is another service there? (--listen, port 0)")
    })
}
