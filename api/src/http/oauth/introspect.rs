//! `POST /oauth/introspect`: whether a token counts, for who may know (RFC 7662).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{Secret, scope::ServiceScope};
use serde_json::{Value, json};

use super::{
    super::{Service, answer::CREDENTIAL, asking::bearer},
    asked::in_protocol,
    client::credentials,
    form::Form,
};
use crate::{
    app::{
        App,
        oauth::introspect::{Active, Knows},
    },
    error::Error,
};

pub(super) async fn introspect(
    State(service): State<Service>,
    form: Result<Form, Error>,
) -> Response {
    let answer = match form {
        Ok(mut form) => answer(service.app(), &mut form).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => (CREDENTIAL, Json(answer)).into_response(),
        Err(error) => in_protocol(error).into_response(),
    }
}

async fn answer(app: &App, form: &mut Form) -> Result<Value, Error> {
    let token = Secret::new(form.require("token")?);
    let knows = if let Some(credential) = bearer(&form.headers) {
        // Not one bound to a workspace: applications belong to none.
        match app.service_with(credential, ServiceScope::TokensVerify).await? {
            None => Knows::All,
            Some(_) => {
                return Err(Error::Forbidden { permission: ServiceScope::TokensVerify.as_str() });
            }
        }
    } else {
        let credentials = credentials(form)?.ok_or(Error::InvalidClient)?;
        let client = app.known_client(&credentials).await?;
        if !client.is_private() {
            return Err(Error::InvalidClient);
        }
        Knows::Own(client.id)
    };
    let active = app.introspect(knows, &token).await?;
    Ok(active.map_or_else(|| json!({ "active": false }), |active| described(&active)))
}

fn described(active: &Active) -> Value {
    let mut answer = json!({
        "active": true,
        "client_id": active.client_id,
        "scope": active.scopes.to_string(),
        "sub": active.subject,
        "exp": active.expires_at.timestamp(),
        "fam": active.family.public(),
    });
    if active.is_access {
        answer["token_type"] = "Bearer".into();
        answer["jti"] = json!(active.jti);
    }
    answer
}
