//! `POST /internal/connected-accounts/{id}/access-token`: a provider's token, for other services.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use domain::id::ConnectedAccountId;
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::CREDENTIAL,
    asking::Authenticated,
    body::{JSON, SMALL, collect, is_of_type, json},
};
use crate::error::Error;

/// What a service that does not say gets at least, in seconds.
const MIN_VALIDITY: u64 = 60;
/// The most that can be asked for, in seconds.
const LONGEST_VALIDITY: u64 = 24 * 3600;

#[derive(Default, Deserialize)]
struct Question {
    min_validity: Option<u64>,
}

#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    /// Seconds; null where it does not expire.
    expires_in: Option<u64>,
    scopes: Vec<&'a str>,
}

pub(super) async fn access_token(
    State(service): State<Service>,
    Path(id): Path<String>,
    Authenticated(asking): Authenticated,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let body = collect(&parts.headers, body, SMALL).await?;
    let question = if body.is_empty() {
        Question::default()
    } else if is_of_type(&parts.headers, JSON) {
        json(&body)?
    } else {
        return Err(Error::UnsupportedMediaType);
    };
    let min_validity = question.min_validity.unwrap_or(MIN_VALIDITY);
    if min_validity > LONGEST_VALIDITY {
        return Err(Error::invalid("min_validity is a number of seconds up to a day"));
    }
    let id = ConnectedAccountId::from_public(&id).map_err(|_| Error::NotFound)?;
    let min_validity = Duration::from_secs(min_validity);
    let token = service.app().provider_token(&asking, id, min_validity).await?;
    let answer = Answer {
        access_token: token.access_token.expose(),
        expires_in: token.expires_in.map(|left| left.as_secs()),
        scopes: token.scopes.iter().collect(),
    };
    Ok((CREDENTIAL, Json(answer)).into_response())
}
