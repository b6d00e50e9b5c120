//! Gate: what every request passes on its way in and on its way out, once and in one place.
//!
//! It gives the request its id, catches a panic, writes errors, and leaves one log line. Nothing
//! of a query string, a header or a body is ever in it: they may hold credentials.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode, header::X_CONTENT_TYPE_OPTIONS},
    response::{IntoResponse, Response},
};
use fail::fail_point;
use futures::FutureExt;
use tower::Service as _;
use uuid::Uuid;

use super::{
    Arrival, Proxies, Service,
    answer::{self, Failed, X_REQUEST_ID},
    request_id::RequestIds,
    verify,
};
use crate::error::Error;

/// Asked too often for a log line each; their counters say enough.
const QUIET: [&str; 4] = [verify::PATH, "/healthz", "/readyz", "/metrics"];

/// The gate of one listener; clones share it.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    routes: Router,
    /// What answers the busiest endpoint, which needs no router to be found.
    busiest: Option<Service>,
    proxies: Proxies,
    ids: RequestIds,
}

impl Gate {
    pub fn new(routes: Router, busiest: Option<Service>, proxies: Proxies) -> Self {
        Self(Arc::new(Inner { routes, busiest, proxies, ids: RequestIds::default() }))
    }

    /// Answers one request of `peer`.
    pub async fn pass(self, mut request: Request<Body>, peer: IpAddr) -> Response {
        let Self(gate) = self;
        fail_point!("request.before");
        let id = gate.ids.next();
        let line = Line::of(&request);
        let answering = async {
            if let Some(service) = gate.busiest.as_ref().filter(|_| verify::is_meant(&request)) {
                return verify::verify(service, request).await.into_response();
            }
            let ip = gate.proxies.origin(peer, request.headers());
            request.extensions_mut().insert(Arrival { id, ip });
            match gate.routes.clone().call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        };
        let mut response = match AssertUnwindSafe(answering).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => Error::Internal(anyhow::anyhow!(said(&*panic))).into_response(),
        };
        if let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() {
            let span = tracing::info_span!("request", request.id = %id);
            span.in_scope(|| error.log());
            answer::write(&error, id, &mut response);
        }
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, text_of(id));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(line) = line {
            line.write(id, response.status());
        }
        fail_point!("response.before");
        response
    }
}

/// What is logged of a request.
struct Line {
    method: Method,
    /// Without the query.
    path: String,
    begun: Instant,
}

impl Line {
    fn of(request: &Request<Body>) -> Option<Self> {
        let path = request.uri().path();
        if QUIET.contains(&path) {
            return None;
        }
        // What stands behind is as long as the request it stands for.
        let asking = "/oauth/authorize/";
        let path = if path.starts_with(asking) { asking } else { path };
        let (method, path) = (request.method().clone(), path.to_owned());
        Some(Self { method, path, begun: Instant::now() })
    }

    fn write(self, id: Uuid, status: StatusCode) {
        let Self { method, path, begun } = self;
        let took = begun.elapsed();
        let (status, ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
        tracing::info!(request.id = %id, %method, path, status, ms, "answered");
        metrics::histogram!("keyledger_http_seconds", "status" => class(status))
            .record(took.as_secs_f64());
    }
}

const fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn text_of(id: Uuid) -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).expect("a UUID is plain ASCII")
}

/// What a panic said. Our own messages hold no secrets.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("nobody knows why"))
}
