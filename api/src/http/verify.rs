//! `POST /api/agent-tokens/verify`: another service asks whether a token is accepted.
//!
//! The busiest endpoint: the body is parsed in place, the answer written in one piece, and on a
//! hit nothing waits. Counted, never logged.

use std::{borrow::Cow, net::IpAddr};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue,
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

/// More than an answer needs.
const ROOM: usize = 512;
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

/// Names as the seed's clients know them; all but three only for a token that is accepted.
#[derive(Serialize)]
struct Answer<'a> {
    valid: bool,
    code: &'static str,
    #[serde(flatten)]
    token: Option<Accepted<'a>>,
    position: String,
}

#[derive(Serialize)]
struct Accepted<'a> {
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

pub(super) async fn verify(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Error> {
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
    let token = verdict.token().filter(|_| verdict.is_valid()).map(|(id, token)| Accepted {
        token_id: id.public(),
        workspace_id: token.workspace_id.public(),
        acts_as: token.acts_as.public(),
        scopes: &token.scopes,
        expires_at: token.expires_at,
    });
    let (valid, code) = (verdict.is_valid(), verdict.code.as_str());
    let answer = Answer { valid, code, token, position: verdict.position.encode() };
    let mut body = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut body, &answer).expect("an answer has nothing that is not JSON");
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    // With what the gate and the server add; else the map grows twice on the way.
    headers.reserve(HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
