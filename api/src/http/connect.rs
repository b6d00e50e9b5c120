//! `GET /connect/{platform}` and its callback: a browser on its way to a platform and back.
//!
//! Every answer of the callback sends the browser to a page of ours, with what came of it in the
//! query. Where no session came along (the browser keeps none here) but the attempt named a page,
//! that page gets code and state, to finish with `connectAccount` in its own session.

use axum::{
    extract::{FromRequestParts, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION, request::Parts},
    response::{IntoResponse, Response},
};
use domain::Secret;
use serde::Deserialize;
use url::Url;

use super::{
    Service,
    answer::CREDENTIAL,
    asking::{Anonymous, Authenticated},
};
use crate::{
    app::accounts::{Answer, StartConnection},
    error::Error,
};

/// The longest code and state that are looked at.
const LONGEST: usize = 4 * 1024;

#[derive(Deserialize)]
pub(super) struct Start {
    return_to: Option<String>,
    workspace: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

pub(super) async fn start(
    State(service): State<Service>,
    Path(platform): Path<String>,
    headers: HeaderMap,
    Authenticated(request): Authenticated,
    start: Result<Query<Start>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Error> {
    let Query(start) = start.map_err(|_| Error::invalid("a parameter is repeated"))?;
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(Error::invalid("a connection begins on a page of this service"));
    }
    let workspace = request.caller()?.workspace(start.workspace.as_deref())?;
    let wanted = StartConnection { workspace, platform, scopes: None, return_to: start.return_to };
    let started = service.app().start_connection(&request, wanted).await?;
    Ok(see_other(&started.authorization_url))
}

pub(super) async fn callback(
    State(service): State<Service>,
    Path(platform): Path<String>,
    callback: Result<Query<Callback>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Response, Error> {
    let app = service.app();
    let (mut parts, _) = request.into_parts();
    let home = || app.own_address("/").ok_or_else(|| internal("no public URL is known"));
    let Ok(Query(callback)) = callback else {
        return Ok(see_other(&with(home()?, "connect_error", "state_mismatch")));
    };
    let Some(state) = callback.state.clone().filter(|state| state.len() <= LONGEST) else {
        return Ok(see_other(&with(home()?, "connect_error", "state_mismatch")));
    };
    let state = Secret::new(state);
    let named = app.return_address(&state).await?;
    let page = named.and_then(|address| app.own_address(address.as_str()));
    let request = match signed_in(&mut parts, &service).await {
        Ok(request) => request,
        Err(Error::Unauthenticated) => {
            let page = page.map(|page| hand_over(page, callback, &state));
            let lost = || Ok(with(home()?, "connect_error", "state_mismatch"));
            return Ok(see_other(&page.map_or_else(lost, Ok::<Url, Error>)?));
        }
        Err(error) => return Err(error),
    };
    let page = page.map_or_else(home, Ok)?;
    let answer = match (callback.code, callback.error.as_deref()) {
        (Some(code), None) if code.len() <= LONGEST => Answer::Code(Secret::new(code)),
        (None, Some("access_denied")) => Answer::Denied,
        _ => Answer::Failed,
    };
    let (key, value) = match app.connect_account(&request, &platform, state, answer).await {
        Ok(connected) => ("connected", connected.id.public()),
        Err(error) => ("connect_error", code(&error).to_owned()),
    };
    Ok(see_other(&with(page, key, &value)))
}

async fn signed_in(parts: &mut Parts, service: &Service) -> Result<crate::app::Request, Error> {
    let Anonymous(_) = Anonymous::from_request_parts(parts, service).await?;
    Ok(Authenticated::from_request_parts(parts, service).await?.0)
}

/// What a browser is told; our own faults are logged.
fn code(error: &Error) -> &'static str {
    error.log();
    match error {
        Error::Rejected { code: "STATE_MISMATCH", .. } => "state_mismatch",
        Error::Rejected { code: "ACCESS_DENIED", .. } => "access_denied",
        Error::Rejected { code: "ACCOUNT_ALREADY_CONNECTED", .. } => "already_connected",
        Error::Rejected { code: "ACCOUNT_LIMIT_REACHED", .. } => "account_limit_reached",
        Error::Rejected { code: "UNKNOWN_PLATFORM", .. } => "unknown_platform",
        Error::Forbidden { .. } | Error::NotFound => "not_allowed",
        Error::Unavailable(_) | Error::Stale | Error::Contended => "unavailable",
        _ => "provider_error",
    }
}

fn hand_over(page: Url, callback: Callback, state: &Secret<String>) -> Url {
    let page = with(page, "state", state.expose());
    match (callback.code, callback.error) {
        (Some(code), _) => with(page, "code", &code),
        (None, Some(error)) if error == "access_denied" => {
            with(page, "connect_error", "access_denied")
        }
        (None, _) => with(page, "connect_error", "provider_error"),
    }
}

fn with(mut page: Url, key: &str, value: &str) -> Url {
    page.query_pairs_mut().append_pair(key, value);
    page
}

/// 303, never 307: the browser fetches, whatever it did before (RFC 9700 4.12).
fn see_other(url: &Url) -> Response {
    let Ok(location) = HeaderValue::from_str(url.as_str()) else {
        return internal("an address is no header").into_response();
    };
    let answer = (StatusCode::SEE_OTHER, CREDENTIAL, [("referrer-policy", "no-referrer")]);
    let mut response = answer.into_response();
    response.headers_mut().insert(LOCATION, location);
    response
}

fn internal(what: &'static str) -> Error {
    Error::Internal(anyhow::anyhow!(what))
}
