//! CORS: which web pages may read what an endpoint answers.
//!
//! An application's own pages, by the origins of its redirect URIs. Never with cookies, and never
//! where a person decides (RFC 9700 3).

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use domain::{
    oauth_client::{ClientId, OauthClient},
    redirect_uri::RedirectUri,
};

use crate::app::App;

/// Lets any page ask; whether it may read the answer is seen by whose it is.
pub(super) async fn preflight(headers: HeaderMap) -> Response {
    let Some(origin) = headers.get(ORIGIN) else { return StatusCode::NO_CONTENT.into_response() };
    let answer = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type")),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        (VARY, HeaderValue::from_static("Origin")),
    ];
    (StatusCode::NO_CONTENT, answer).into_response()
}

/// Lets a page read `response`, if it is one of the application's own.
pub(super) async fn allow(
    app: &App,
    headers: &HeaderMap,
    client_id: Option<&str>,
    mut response: Response,
) -> Response {
    let Some(origin) = headers.get(ORIGIN) else { return response };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(client_id) = client_id.and_then(|id| id.parse::<ClientId>().ok())
        && let Ok(loaded) = app.folds.get::<OauthClient>(client_id.stream()).await
        && let Some(client) = loaded.state.client()
        && let Ok(asked) = origin.to_str()
    {
        let uris = &client.registration.redirect_uris;
        if uris.iter().filter_map(RedirectUri::origin).any(|own| own == asked) {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }
    response
}
