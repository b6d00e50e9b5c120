//! Server: connections, and how long each may take for what.
//!
//! `axum::serve` waits for ever for the rest of a header; this does not.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, http::Request, response::Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};
use tokio_util::sync::CancellationToken;

use super::{framing::Watched, gate::Gate};

/// How long a header may take to come, and a connection to say anything at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 100;
/// How often an HTTP/2 connection that says nothing is asked whether it is there.
const ALIVE: Duration = Duration::from_secs(20);
/// The pause after the machine had no more file descriptors to give.
const PAUSE: Duration = Duration::from_millis(50);

/// One listening address.
pub struct Server {
    listener: TcpListener,
    gate: Gate,
    /// Connections at once; the rest wait in the kernel's queue.
    places: Arc<Semaphore>,
}

impl Server {
    pub fn new(listener: TcpListener, gate: Gate, connections: usize) -> Self {
        let places = connections.min(Semaphore::MAX_PERMITS);
        Self { listener, gate, places: Arc::new(Semaphore::new(places)) }
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`, then finishes what was begun, for at most `grace`.
    pub async fn serve(self, stop: CancellationToken, grace: Duration) {
        let connections = GracefulShutdown::new();
        let builder = builder();
        loop {
            let place = Arc::clone(&self.places).acquire_owned();
            let accepted = stop.run_until_cancelled(async {
                let place = place.await.ok()?;
                Some((self.listener.accept().await, place))
            });
            let Some(Some((accepted, place))) = accepted.await else { break };
            let Ok((stream, peer)) = accepted else {
                time::sleep(PAUSE).await;
                continue;
            };
            // Answers are small and one write each; waiting for more to send only delays them.
            let _ = stream.set_nodelay(true);
            let (builder, gate) = (builder.clone(), self.gate.clone());
            let watcher = connections.watcher();
            tokio::spawn(async move {
                converse(&builder, stream, peer.ip(), gate, watcher).await;
                drop(place);
            });
        }
        drop(self.listener);
        let _ = time::timeout(grace, connections.shutdown()).await;
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(ALIVE)
        .keep_alive_timeout(PATIENCE);
    builder
}

/// Serves one connection until it ends.
async fn converse(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: IpAddr,
    gate: Gate,
    watcher: Watcher,
) {
    let spoke = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&spoke);
    let (stream, lengths) = Watched::new(stream);
    let service = service_fn(move |request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        let sound = lengths.agree(request.headers());
        let answer = gate.clone().pass(request.map(Body::new), peer, sound);
        async move { Ok::<Response, Infallible>(answer.await) }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::select! {
        // Clients hang up as they please; that is nothing to report.
        _ = watcher.watch(connection.into_owned()) => {}
        () = silence(&spoke) => {}
    }
}

/// Ends when a connection has not brought a request in time: which protocol it speaks is found
/// out from its first bytes, and that wait has no limit of its own.
async fn silence(spoke: &AtomicBool) {
    time::sleep(PATIENCE).await;
    if spoke.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}
