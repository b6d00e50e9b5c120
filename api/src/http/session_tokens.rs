//! `POST /api/session-tokens` and `/api/ws-tickets`: what opens sockets for a short time.

use axum::{
    Json,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use domain::{id::WorkspaceId, session_token::Channel};
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::CREDENTIAL,
    asking::{Anonymous, Authenticated, proof},
    body::{JSON, SMALL, collect, is_of_type, json},
};
use crate::{
    app::{bearer::Proof, tickets},
    error::Error,
};

#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    channel: Option<String>,
}

#[derive(Serialize)]
struct SessionToken<'a> {
    token: &'a str,
    expires_in: u64,
    websocket_url: String,
}

#[derive(Serialize)]
struct Ticket<'a> {
    ticket: &'a str,
    expires_in: u32,
}

pub(super) async fn create(
    State(service): State<Service>,
    request: Request,
) -> Result<impl IntoResponse, Error> {
    let (mut parts, body) = request.into_parts();
    let asking = Authenticated::from_request_parts(&mut parts, &service).await?.0;
    let body = collect(&parts.headers, body, SMALL).await?;
    let Wanted { channel } = if body.is_empty() {
        Wanted::default()
    } else if is_of_type(&parts.headers, JSON) {
        json(&body)?
    } else {
        return Err(Error::UnsupportedMediaType);
    };
    let channel = channel.as_deref().map(Channel::parse).transpose();
    let channel = channel.map_err(|invalid| Error::invalid(invalid.to_string()))?;
    let app = service.app();
    let issued = app.create_session_token(&asking, workspace(&parts.headers)?, channel).await?;
    let body = SessionToken {
        token: issued.token.expose(),
        expires_in: issued.expires_in,
        websocket_url: app.websocket_url("/ws"),
    };
    Ok((StatusCode::CREATED, CREDENTIAL, Json(&body).into_response()))
}

pub(super) async fn ticket(
    State(service): State<Service>,
    request: Request,
) -> Result<impl IntoResponse, Error> {
    let (mut parts, body) = request.into_parts();
    let asking = Anonymous::from_request_parts(&mut parts, &service).await?.0;
    let app = service.app();
    let presented = proof(app, &parts.method, &parts.headers)?.ok_or(Error::Unauthenticated)?;
    collect(&parts.headers, body, SMALL).await?;
    let presented = match presented {
        // Here, as at the socket itself, a session token is as good as any.
        Proof::Bearer(text) if text.expose().starts_with("nxs_") => Proof::Session(text),
        presented => presented,
    };
    let ticket = app.issue_ticket(&asking, &presented, workspace(&parts.headers)?).await?;
    let body = Ticket { ticket: ticket.expose(), expires_in: tickets::TTL_S };
    Ok((StatusCode::CREATED, CREDENTIAL, Json(&body).into_response()))
}

/// `X-Workspace`: which of the caller's workspaces it is about; their own, if left out.
fn workspace(headers: &HeaderMap) -> Result<Option<WorkspaceId>, Error> {
    let Some(named) = headers.get("x-workspace") else { return Ok(None) };
    let named = named.to_str().ok().and_then(|text| WorkspaceId::from_public(text).ok());
    named.map(Some).ok_or(Error::NotFound)
}
