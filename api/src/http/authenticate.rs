//! `POST /authenticate`: a user key and a password for an access and a refresh token.

use axum::{Json, extract::State, response::IntoResponse};
use domain::Secret;
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::{At, CREDENTIAL, Limit},
    asking::Anonymous,
    body::{Fields, secret},
};
use crate::{
    app::sign_in::{SignIn, SignedIn},
    error::Error,
};

#[derive(Deserialize)]
pub(super) struct Credentials {
    user_key: String,
    #[serde(deserialize_with = "secret")]
    user_secret: Secret<String>,
    #[serde(default)]
    revoke_others: bool,
}

/// Tokens of a login (RFC 6749 5.1).
#[derive(Serialize)]
pub(super) struct Tokens<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(login: &'a SignedIn) -> Self {
        Self {
            access_token: login.access.text.expose(),
            refresh_token: login.refresh_token.expose(),
            token_type: "Bearer",
            expires_in: login.access.expires_in,
        }
    }
}

pub(super) async fn authenticate(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    Fields(credentials): Fields<Credentials>,
) -> Result<impl IntoResponse, Error> {
    let Credentials { user_key, user_secret: password, revoke_others } = credentials;
    let app = service.app();
    let login = app.authenticate(&request, SignIn { user_key, password, revoke_others }).await?;
    let rates = &app.throttle.authentications;
    let limit = Limit::of(rates, rates.peek(request.client.ip, app.clock.now()));
    Ok((At(login.position), limit, CREDENTIAL, Json(Tokens::of(&login)).into_response()))
}
