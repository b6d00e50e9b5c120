//! `POST /api/agent-tokens/verify`: another service asks whether a token is accepted.
//!
//! The busiest endpoint: the body is parsed in place, the answer written in one piece, and on a
//! hit nothing waits. Counted, never logged.

use std::{borrow::Cow, net::IpAddr};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue, Method,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::Response,
};
use domain::{
    Time,
    agent_token::Issued,
    id::TokenId,
    scope::{AgentScope, ServiceScope},
};
use metrics::Counter;
use serde::{Deserialize, Serialize};

use super::{
    Service,
    asking::bearer,
    body::{JSON, SMALL, collect, is_of_type, json},
};
use crate::{
    app::verify::{Code, Verdict},
    error::Error,
};

const HEADERS: usize = 8;

#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    /// What the token is to be used for; to connect, if left out.
    #[serde(default)]
    scope: Option<AgentScope>,
    /// Where it is used from; a token that is bound to networks is refused without.
    #[serde(default)]
    ip: Option<IpAddr>,
}

/// What is said of a token that is accepted, and of no other; names as the seed's clients know them.
#[derive(Serialize)]
struct Accepted<'a> {
    valid: bool,
    code: &'static str,
    token_id: String,
    workspace_id: String,
    acts_as: String,
    scopes: &'a domain::scope::Scopes,
    expires_at: Option<Time>,
}

/// One counter a code, looked up once.
pub(super) struct Counters([Counter; Code::ALL.len()]);

impl Default for Counters {
    fn default() -> Self {
        Self(Code::ALL.map(
            |code| metrics::counter!("keyledger_verifications_total", "code" => code.as_str()),
        ))
    }
}

/// Where it is.
pub(super) const PATH: &str = "/api/agent-tokens/verify";

/// Tells whether a request is one that [`verify`] answers.
pub(super) fn is_meant(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == PATH
}

/// Answers what the gate did not: the router says which methods there are.
pub(super) async fn handle(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Error> {
    verify(&service, request).await
}

pub(super) async fn verify(service: &Service, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let app = service.app();
    let credential = bearer(&parts.headers).ok_or(Error::Unauthenticated)?;
    let bound = app.service_with(credential, ServiceScope::TokensVerify).await?;
    if !is_of_type(&parts.headers, JSON) {
        return Err(Error::UnsupportedMediaType);
    }
    let body = collect(&parts.headers, body, SMALL).await?;
    let question: Question<'_> = json(&body)?;
    let scope = question.scope.unwrap_or(AgentScope::WsConnect);
    let mut verdict = app.verify(&question.token, scope, question.ip).await?;
    // A service of one workspace learns nothing of another's tokens.
    let foreign = |(_, token): (TokenId, &Issued)| bound.is_some_and(|b| b != token.workspace_id);
    if verdict.token().is_some_and(foreign) {
        verdict.code = Code::NotFound;
    }
    service.0.verdicts.0[verdict.code as usize].increment(1);
    Ok(answer(&verdict))
}

fn answer(verdict: &Verdict) -> Response {
    let mut response = Response::new(Body::from(text(verdict)));
    let headers = response.headers_mut();
    // With what the gate and the server add; else the map grows twice on the way.
    headers.reserve(HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer's text: what stays the same while the token does is at hand, the position is not.
fn text(verdict: &Verdict) -> Vec<u8> {
    const POSITION: &[u8] = br#","position":""#;
    const END: &[u8] = br#""}"#;
    let refused;
    let said = if let Some(said) = verdict.said(accepted) {
        said
    } else {
        refused = format!(r#"{{"valid":false,"code":"{}""#, verdict.code.as_str());
        refused.as_bytes()
    };
    let position = verdict.position.text();
    [said, POSITION, &position, END].concat()
}

/// An object that is still open, for the position to be added.
fn accepted(id: TokenId, token: &Issued) -> Box<[u8]> {
    let accepted = Accepted {
        valid: true,
        code: Code::Valid.as_str(),
        token_id: id.public(),
        workspace_id: token.workspace_id.public(),
        acts_as: token.acts_as.public(),
        scopes: &token.scopes,
        expires_at: token.expires_at,
    };
    let mut text = serde_json::to_vec(&accepted).expect("an answer has nothing that is not JSON");
    text.pop();
    text.into()
}
