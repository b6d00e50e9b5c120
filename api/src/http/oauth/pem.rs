//! `GET /oauth/public-key.pem`: the public keys for readers that know no JWK, the active one first.

use axum::{
    extract::State,
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

use super::super::Service;

pub(super) async fn pem(State(service): State<Service>) -> impl IntoResponse {
    let max_age = service.app().settings.tokens.jwks_max_age.as_secs();
    let headers = [
        (CONTENT_TYPE, "application/x-pem-file".to_owned()),
        (CACHE_CONTROL, format!("public, max-age={max_age}")),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    (headers, service.app().keys.current().pem.clone())
}
