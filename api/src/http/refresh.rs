//! `POST /refresh` and `/refresh/rotate`: a refresh token for an access token, or for its successor.

use axum::{Json, extract::State, response::IntoResponse};
use domain::Secret;
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::{At, CREDENTIAL},
    asking::Anonymous,
    authenticate::Tokens,
    body::{Fields, secret},
};
use crate::error::Error;

#[derive(Deserialize)]
pub(super) struct Renewal {
    #[serde(deserialize_with = "secret")]
    refresh_token: Secret<String>,
}

#[derive(Serialize)]
struct Renewed<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
}

pub(super) async fn refresh(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    Fields(Renewal { refresh_token }): Fields<Renewal>,
) -> Result<impl IntoResponse, Error> {
    let refreshed = service.app().refresh(&request, refresh_token).await?;
    let renewed = Renewed {
        access_token: refreshed.access.text.expose(),
        token_type: "Bearer",
        expires_in: refreshed.access.expires_in,
    };
    Ok((At(refreshed.position), CREDENTIAL, Json(renewed)).into_response())
}

pub(super) async fn rotate(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    Fields(Renewal { refresh_token }): Fields<Renewal>,
) -> Result<impl IntoResponse, Error> {
    let login = service.app().rotate_refresh_token(&request, refresh_token).await?;
    Ok((At(login.position), CREDENTIAL, Json(Tokens::of(&login))).into_response())
}
