//! `POST /oauth/revoke`: a client gives a token back (RFC 7009).

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::Secret;
use store::Position;

use super::{
    super::{
        Service,
        answer::{At, CREDENTIAL},
        asking::Anonymous,
    },
    client::credentials,
    cors,
    form::Form,
    token::in_protocol,
};
use crate::{
    app::{App, Request},
    error::Error,
};

pub(super) async fn revoke(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    form: Result<Form, Error>,
) -> Response {
    let app = service.app();
    let mut form = match form {
        Ok(form) => form,
        Err(error) => return in_protocol(error).into_response(),
    };
    let headers = form.headers.clone();
    let client_id = form.peek("client_id").map(str::to_owned);
    let answer = match answer(app, &request, &mut form).await {
        Ok(position) => (StatusCode::OK, At(position), CREDENTIAL).into_response(),
        Err(error) => in_protocol(error).into_response(),
    };
    cors::allow(app, &headers, client_id.as_deref(), answer).await
}

async fn answer(app: &App, request: &Request, form: &mut Form) -> Result<Option<Position>, Error> {
    let token = Secret::new(form.require("token")?);
    // Without a client: what belongs to none may still be given back by who holds it.
    let client = match credentials(form)? {
        Some(credentials) => Some(app.known_client(&credentials).await?),
        None => None,
    };
    app.revoke_oauth_token(request, client.as_ref(), token).await
}
