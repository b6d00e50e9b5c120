//! Gate: what every request passes on its way in and on its way out, once and in one place.
//!
//! It gives the request its id, turns it away where there is no time for it, catches a panic,
//! writes errors, and leaves one log line. Nothing of a query string, a header or a body is ever in
//! it: they may hold credentials.

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
    Admission, Arrival, Proxies, Service,
    answer::{self, Failed, X_REQUEST_ID},
    request_id::RequestIds,
    verify,
};
use crate::error::Error;

/// Asked too often for a log line each; their counters say enough. Answered however much there is
/// to do.
const QUIET: [&str; 4] = [verify::PATH, "/healthz", "/readyz", "/metrics"];

/// The gate of one listener; clones share it.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    routes: Router,
    /// What answers the busiest endpoint, which needs no router to be found.
    busiest: Option<Service>,
    proxies: Proxies,
    admission: Admission,
    ids: RequestIds,
}

impl Gate {
    pub fn new(
        routes: Router,
        busiest: Option<Service>,
        proxies: Proxies,
        admission: Admission,
    ) -> Self {
        let ids = RequestIds::default();
        Self(Arc::new(Inner { routes, busiest, proxies, admission, ids }))
    }

    /// Answers one request of `peer`, unless it was not `sound` as it came in.
    pub async fn pass(
        self,
        mut request: Request<Body>,
        peer: IpAddr,
        sound: Result<(), Error>,
    ) -> Response {
        let Self(gate) = self;
        fail_point!("request.before");
        let id = gate.ids.next();
        let line = Line::of(&request);
        let answering = async {
            if let Err(error) = sound {
                return error.into_response();
            }
            if line.is_some() && gate.admission.is_full() {
                return put_off(request.uri().path()).into_response();
            }
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

/// Says that there is no time now, in the words of whoever is asked.
fn put_off(path: &str) -> Error {
    metrics::counter!("keyledger_put_off_total").increment(1);
    if path.starts_with("/oauth/") {
        return Error::TemporarilyUnavailable(Box::new(Error::Overloaded));
    }
    Error::Overloaded
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

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, routing::get};
    use serde_json::Value;

    use super::*;

    async fn breaks() -> &'static str {
        panic!("postgres://user:password@host")
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_nothing_but_an_id() {
        let routes = Router::new().route("/", get(breaks)).route("/next", get(async || "fine"));
        let gate = Gate::new(routes, None, Proxies::default(), Admission::default());
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            gate.clone().pass(request, [127, 0, 0, 1].into(), Ok(()))
        };
        let answer = ask("/").await;
        assert_eq!(answer.status(), 500);
        let id = answer.headers()[X_REQUEST_ID].to_str().unwrap().to_owned();
        let body = to_bytes(answer.into_body(), 4096).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("password"));
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["error"], &body["request_id"]), (&"internal".into(), &id.into()));
        assert_eq!(ask("/next").await.status(), 200);
    }
}
