//! `POST /login` and `/logout`: a browser's session, held by a cookie.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::IntoResponse,
};
use domain::Secret;
use serde::Deserialize;

use super::{
    Service,
    answer::{At, CREDENTIAL, Limit},
    asking::Anonymous,
    body::{Fields, secret},
    cookie::LoginCookie,
};
use crate::{error::Error, origin};

#[derive(Deserialize)]
pub(super) struct Credentials {
    user_id: String,
    #[serde(deserialize_with = "secret")]
    user_secret: Secret<String>,
}

pub(super) async fn login(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    Fields(credentials): Fields<Credentials>,
) -> Result<impl IntoResponse, Error> {
    let app = service.app();
    // A page of somebody else's must not sign its visitor in as whom it likes.
    origin::check(app, &headers)?;
    let cookie = LoginCookie::of(app);
    let Credentials { user_id, user_secret } = credentials;
    let begun = app.log_in(&request, &user_id, user_secret, cookie.read(&headers)).await?;
    let set = [(SET_COOKIE, cookie.set(&begun.cookie, app.settings.login_ttl))];
    let rates = &app.throttle.authentications;
    let limit = Limit::of(rates, rates.peek(request.client.ip, app.clock.now()));
    Ok((StatusCode::NO_CONTENT, At(begun.position), limit, CREDENTIAL, set))
}

/// Signs out; a browser that was not signed in is told the same.
pub(super) async fn logout(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
) -> Result<impl IntoResponse, Error> {
    let (app, cookie) = (service.app(), LoginCookie::of(service.app()));
    if let Some(value) = cookie.read(&headers) {
        origin::require(app, &headers)?;
        app.log_out(&request, &value).await?;
    }
    Ok((StatusCode::NO_CONTENT, CREDENTIAL, [(SET_COOKIE, cookie.clear())]))
}
