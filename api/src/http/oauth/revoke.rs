//! `POST /oauth/revoke`: a client gives a token back (RFC 7009).

use axum::{extract::State, response::Response};
use domain::Secret;
use store::Position;

use super::{
    super::{
        Service,
        answer::{At, CREDENTIAL},
        asking::{Anonymous, bearer},
    },
    asked::Asked,
    client::credentials,
    form::Form,
};
use crate::{
    app::{App, Request},
    error::Error,
};

pub(super) async fn revoke(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    mut asked: Asked,
) -> Response {
    let app = service.app();
    let revoked = answer(app, request, &mut asked.form).await;
    asked.answer(app, revoked.map(|position| (At(position), CREDENTIAL))).await
}

async fn answer(
    app: &App,
    mut request: Request,
    form: &mut Form,
) -> Result<Option<Position>, Error> {
    let token = Secret::new(form.require("token")?);
    if let Some(credential) = bearer(&form.headers) {
        // Not an application, but somebody of the workspace that an agent token belongs to.
        let credential = Secret::new(credential.to_owned());
        request.caller = Some(app.caller_from_bearer(&credential, &request.client).await?);
        return app.revoke_presented_token(&request, &token).await;
    }
    // Without a client: what belongs to none may still be given back by who holds it.
    let client = match credentials(form)? {
        Some(credentials) => Some(app.known_client(&credentials).await?),
        None => None,
    };
    app.revoke_oauth_token(&request, client.as_ref(), token).await
}
