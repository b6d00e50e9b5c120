//! HTTP/1.1 on the same port: what tools ask of a node.
//!
//! Whether it lives, who is in the cluster and what it is are told to everyone; figures to whoever
//! has the password. There is no REST interface to streams.

use crate::{
    auth::Door,
    figures::{self, Figures},
    log::{Log, clock},
    rpc::VERSION,
};
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::body::BoxBody;
use uuid::Uuid;

/// What the pages tell of.
pub(crate) struct Site {
    pub(crate) door: Door,
    pub(crate) log: Arc<Log>,
    pub(crate) figures: Arc<Figures>,
    /// Where clients are told to connect.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) stopping: CancellationToken,
}

const JSON: &str = "application/json";

impl Site {
    /// Answers a request, whatever its body says.
    pub(crate) async fn answer<B>(&self, request: &Request<B>) -> Response<BoxBody> {
        let path = request.uri().path();
        let known =
            matches!(path, "/health/live" | "/gossip" | "/info" | "/ping" | "/stats" | "/metrics");
        if !known {
            return plain(StatusCode::NOT_FOUND, String::new());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, String::new());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let private = matches!(path, "/stats" | "/metrics");
        if private && !self.door.opens_to(request.headers()) {
            let mut response = plain(StatusCode::UNAUTHORIZED, String::new());
            let challenge = HeaderValue::from_static("Basic realm=\"ES\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            return response;
        }
        match path {
            "/health/live" => self.live(request.uri().query()),
            "/gossip" => of_json(&self.gossip()),
            "/info" => of_json(&self.info()),
            "/ping" => of_json(&json!({ "text": "Ping request successfully handled" })),
            _ => self.figures(path == "/metrics").await,
        }
    }

    /// 204 while it serves, 503 once it stops; a balancer may ask for another code than 204.
    fn live(&self, query: Option<&str>) -> Response<BoxBody> {
        if self.stopping.is_cancelled() {
            return plain(StatusCode::SERVICE_UNAVAILABLE, String::new());
        }
        let asked = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .find_map(|pair| pair.strip_prefix("liveCode="))
            .and_then(|code| code.parse().ok())
            .and_then(|code| StatusCode::from_u16(code).ok())
            .filter(|code| !code.is_informational());
        plain(asked.unwrap_or(StatusCode::NO_CONTENT), String::new())
    }

    fn gossip(&self) -> Value {
        let (host, port) = (&self.host, self.port);
        let head = *self.log.head().borrow();
        json!({
            "members": [{
                "instanceId": self.log.instance,
                "timeStamp": clock::rfc3339(clock::now()),
                "state": "Leader",
                "isAlive": true,
                "internalTcpIp": host,
                "internalTcpPort": 0,
                "internalSecureTcpPort": 0,
                "externalTcpIp": host,
                "externalTcpPort": 0,
                "externalSecureTcpPort": 0,
                "internalHttpEndPointIp": host,
                "internalHttpEndPointPort": port,
                "httpEndPointIp": host,
                "httpEndPointPort": port,
                "lastCommitPosition": head,
                "writerCheckpoint": head,
                "chaserCheckpoint": head,
                "epochPosition": 0,
                "epochNumber": 0,
                "epochId": Uuid::nil(),
                "nodePriority": 0,
                "isReadOnlyReplica": false,
                "esVersion": VERSION,
            }],
            "serverIp": host,
            "serverPort": port,
        })
    }

    fn info(&self) -> Value {
        let authentication = if self.door.is_open() { "insecure" } else { "internal" };
        json!({
            "esVersion": VERSION,
            "state": "leader",
            "features": { "projections": false, "userManagement": false, "atomPub": false },
            "authentication": { "type": authentication, "properties": {} },
        })
    }

    async fn figures(&self, exposition: bool) -> Response<BoxBody> {
        match self.figures.now().await {
            Ok(now) if exposition => {
                let text = figures::exposition(now);
                typed(plain(StatusCode::OK, text), "text/plain; version=0.0.4")
            }
            Ok(now) => of_json(&figures::nested(now)),
            Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, String::new()),
        }
    }
}

fn of_json(value: &Value) -> Response<BoxBody> {
    typed(plain(StatusCode::OK, value.to_string()), JSON)
}

fn typed(mut response: Response<BoxBody>, content_type: &'static str) -> Response<BoxBody> {
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn plain(status: StatusCode, body: String) -> Response<BoxBody> {
    let length = body.len();
    let mut response = Response::new(tonic::body::boxed(body));
    if status != StatusCode::NO_CONTENT {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.status_mut() = status;
    response
}
