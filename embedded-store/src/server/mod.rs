//! The server: accepts connections, lets calls in, and ends them when it stops.

mod deadline;
mod ending;
mod patient;
mod socket;
mod whole;

use crate::{auth::Door, http::Site, rpc::status};
use ending::Ending;
use http::{Request, Response, Version};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use patient::Patient;
use socket::Socket;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time,
};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tower::Service as _;
use whole::Whole;

/// How often a silent connection is asked whether it still lives, and how long it may think.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How many calls may be open on one connection.
const OPEN_CALLS: u32 = 16_384;

/// How much of a request a client may send ahead, in bytes: the largest append in one go.
const WINDOW: u32 = 2 << 20;

/// How long calls may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// How long to wait when the operating system refuses a connection: it may be out of files.
const REFUSED: Duration = Duration::from_millis(50);

/// What answers the calls of every connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) door: Door,
    pub(crate) routes: Routes,
    /// What HTTP/1.1 is answered with.
    pub(crate) site: Arc<Site>,
    /// How many connections are open.
    pub(crate) connections: Arc<AtomicU64>,
    pub(crate) stopping: CancellationToken,
}

/// Serves until told to stop, then until the calls have ended, or have had their time.
pub(crate) async fn serve(listener: TcpListener, front: Front) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = front.stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, front.clone())); }
                Err(error) => {
                    tracing::warn!(%error, "a connection was refused");
                    time::sleep(REFUSED).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if time::timeout(GRACE, ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// Counts a connection for as long as it is there.
struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(connections: &Arc<AtomicU64>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connection(stream: TcpStream, front: Front) {
    let _counted = Counted::new(&front.connections);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(OPEN_CALLS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE);
    let stopping = front.stopping.clone();
    let service = service_fn(move |request| {
        let front = front.clone();
        async move { Ok::<_, Infallible>(answer(front, request).await) }
    });
    let serving =
        std::pin::pin!(builder.serve_connection(TokioIo::new(Socket::new(stream)), service));
    let mut serving = Patient::new(serving);
    let mut told = false;
    loop {
        tokio::select! {
            ended = &mut serving => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = stopping.cancelled(), if !told => {
                told = true;
                serving.inner().as_mut().graceful_shutdown();
            }
        }
    }
}

async fn answer(mut front: Front, request: Request<Incoming>) -> Response<Ending> {
    if request.version() < Version::HTTP_2 {
        let response = front.site.answer(&request).await;
        return response.map(|body| Ending::new(body, None, front.stopping.cancelled_owned()));
    }
    let deadline = deadline::requested(request.headers()).map(time::sleep).map(Box::pin);
    let admitted = front.door.admit(request.uri().path(), request.headers());
    let (response, deadline) = match (admitted, deadline) {
        (Err(refused), deadline) => (refused.into_http(), deadline),
        (Ok(()), None) => (route(&mut front.routes, request).await, None),
        (Ok(()), Some(mut deadline)) => tokio::select! {
            response = route(&mut front.routes, request) => (response, Some(deadline)),
            () = deadline.as_mut() => (status::deadline_exceeded().into_http(), None),
        },
    };
    response.map(|body| Ending::new(body, deadline, front.stopping.cancelled_owned()))
}

async fn route(routes: &mut Routes, request: Request<Incoming>) -> Response<tonic::body::BoxBody> {
    match routes.call(request.map(|body| tonic::body::boxed(Whole(body)))).await {
        Ok(response) => response,
        Err(_) => status::unhandled().into_http(),
    }
}
