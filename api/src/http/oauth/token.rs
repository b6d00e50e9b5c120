//! `POST /oauth/token`: a code, a refresh token or a secret for tokens (RFC 6749 3.2).
//!
//! A credential that lives gets no 4xx, whatever else is wrong with the day: its client would take
//! that for a logout.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{Secret, scope::OauthScopes};
use serde::Serialize;

use super::{
    super::{
        Service,
        answer::{At, CREDENTIAL},
        asking::Anonymous,
    },
    asked::Asked,
    client::credentials,
    form::Form,
};
use crate::{
    app::{
        App, Request,
        oauth::{self, codes::Redemption, refused, tokens::Issued},
    },
    error::Error,
};

/// RFC 6749 5.1, and when it was.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    scope: String,
    created_at: i64,
}

pub(super) async fn token(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    mut asked: Asked,
) -> Response {
    let app = service.app();
    let issued = answer(app, &request, &mut asked.form).await;
    asked.answer(app, issued.map(|issued| written(&issued))).await
}

async fn answer(app: &App, request: &Request, form: &mut Form) -> Result<Issued, Error> {
    let grant_type = form.require("grant_type")?;
    if !matches!(&*grant_type, "authorization_code" | "refresh_token" | "client_credentials") {
        return Err(refused("unsupported_grant_type", "this grant_type is not supported"));
    }
    let credentials = credentials(form)?;
    let credentials = credentials
        .ok_or_else(|| refused("invalid_request", "the parameter client_id is missing"))?;
    let client = app.known_client(&credentials).await?;
    let scopes = match form.take("scope") {
        Some(scope) => Some(oauth::scopes(&scope)?),
        None => None::<OauthScopes>,
    };
    match &*grant_type {
        "authorization_code" => {
            let redemption = Redemption {
                code: Secret::new(form.require("code")?),
                redirect_uri: form.take("redirect_uri"),
                verifier: form.take_secret("code_verifier"),
                scopes,
            };
            app.redeem_code(request, &client, redemption).await
        }
        "refresh_token" => {
            let token = Secret::new(form.require("refresh_token")?);
            app.refresh_application(request, &client, token, scopes).await
        }
        _ => app.client_credentials(&client, scopes).await,
    }
}

fn written(issued: &Issued) -> Response {
    let answer = Answer {
        access_token: issued.access_token.expose(),
        token_type: "Bearer",
        expires_in: issued.expires_in,
        refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().as_str()),
        id_token: issued.id_token.as_ref().map(|token| token.expose().as_str()),
        scope: issued.scopes.to_string(),
        created_at: issued.created_at.timestamp(),
    };
    (At(issued.position), CREDENTIAL, Json(answer)).into_response()
}
