//! `GET /v1/me`, `/v2/me` and `/oauth/userinfo`: who somebody is, by their access token.

use axum::{Json, extract::State, response::IntoResponse};
use serde::Serialize;

use super::super::{Service, answer::CREDENTIAL, asking::Authenticated};
use crate::error::Error;

#[derive(Serialize)]
struct UserInfo {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

pub(super) async fn userinfo(
    State(service): State<Service>,
    Authenticated(request): Authenticated,
) -> Result<impl IntoResponse, Error> {
    let info = service.app().userinfo(request.caller()?).await?;
    let body = UserInfo { sub: info.subject, preferred_username: info.username, email: info.email };
    Ok((CREDENTIAL, Json(body)))
}

/// The person as the claims of an access token have them, as of now.
pub(super) async fn me(
    State(service): State<Service>,
    Authenticated(request): Authenticated,
) -> Result<impl IntoResponse, Error> {
    let user = request.caller()?.user().ok_or(Error::NotFound)?;
    let claims = service.app().me(user).await?;
    Ok((CREDENTIAL, Json(claims)))
}
