//! HTTP: the ways in from outside, and what is said on the way out.
//!
//! Law: a handler parses, calls `app` and translates; it decides nothing. What every answer has in
//! common (request id, errors, log line) is done once, in [`gate`].
//!
//! Read in this order: [`server`], [`gate`], [`asking`], then one endpoint, e.g. [`authenticate`].

mod admission;
mod answer;
mod asking;
mod body;
mod cookie;
mod framing;
mod gate;
mod peer;
mod request_id;
mod server;

mod authenticate;
mod clerk;
mod connect;
mod dashboard;
mod exchange;
mod export;
mod graphql;
mod health;
mod jwks;
mod leaks;
mod login;
mod metrics;
mod oauth;
mod provider_token;
mod refresh;
mod register;
mod session_tokens;
mod sign_up;
mod verify;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use self::cookie::LoginCookie;
pub use self::{
    admission::Admission,
    asking::Arrival,
    dashboard::{ABSENT as NO_DASHBOARD, is_built as has_dashboard},
    gate::Gate,
    peer::{Proxies, client_of},
    server::Server,
};
use crate::{app::App, error::Error, graphql::Schema, reactors::ReactorStatuses};

/// What handlers are given.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    app: App,
    schema: Schema,
    verdicts: verify::Counters,
    health: health::Health,
    beginning: dashboard::Beginning,
}

impl Service {
    pub fn new(app: App, schema: Schema, reactors: ReactorStatuses) -> Self {
        let health = health::Health::new(reactors);
        let (verdicts, beginning) = Default::default();
        Self(Arc::new(Inner { app, schema, verdicts, health, beginning }))
    }

    fn app(&self) -> &App {
        &self.0.app
    }
}

/// Everything that is served to the world.
pub fn routes(service: Service) -> Router {
    oauth::routes(&service)
        .route("/register", post(register::register))
        .route("/authenticate", post(authenticate::authenticate))
        .route("/refresh", post(refresh::refresh))
        .route("/refresh/rotate", post(refresh::rotate))
        .route("/logout", post(login::logout))
        .route(verify::PATH, post(verify::handle))
        .route("/webhooks/clerk", post(clerk::webhook))
        .route("/connect/{platform}", get(connect::start))
        .route("/connect/{platform}/callback", get(connect::callback))
        .route("/internal/connected-accounts/{id}/access-token", post(provider_token::access_token))
        .route("/api/agent-tokens/exchange", post(exchange::exchange))
        .route("/api/leaks", post(leaks::report))
        .route("/api/session-tokens", post(session_tokens::create))
        .route("/api/ws-tickets", post(session_tokens::ticket))
        .route("/graphql", post(graphql::graphql))
        .route("/audit/export", get(export::export))
        .merge(dashboard::routes())
        .with_state(service)
}

/// What operators and their tools look at.
pub fn operations(service: Service) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .with_state(service)
}

/// Answers everything else in the one shape that errors have.
pub fn closed(routes: Router) -> Router {
    routes.fallback(nothing_here).method_not_allowed_fallback(not_this_way)
}

async fn nothing_here() -> Error {
    Error::NotFound
}

async fn not_this_way() -> Error {
    Error::MethodNotAllowed
}
