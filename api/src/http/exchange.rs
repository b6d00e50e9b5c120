//! `POST /api/agent-tokens/exchange`: a pairing code for an agent token.

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    Secret, Time,
    agent_token::Issued,
    pairing_code::Code,
    scope::Scopes,
    text::{DeviceName, InvalidText},
};
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::{At, CREDENTIAL},
    asking::Anonymous,
    body::{Fields, secret},
};
use crate::{app::pairing::ExchangeCode, error::Error};

#[derive(Deserialize)]
pub(super) struct Pairing {
    #[serde(deserialize_with = "secret")]
    code: Secret<String>,
    #[serde(default)]
    device_name: Option<String>,
}

/// What a device keeps.
#[derive(Serialize)]
struct Paired<'a> {
    token: &'a str,
    token_id: String,
    name: &'a str,
    expires_at: Option<Time>,
    scopes: &'a Scopes,
    websocket_url: String,
    workspace_id: String,
}

pub(super) async fn exchange(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    Fields(pairing): Fields<Pairing>,
) -> Result<impl IntoResponse, Error> {
    let app = service.app();
    let code = Code::parse(pairing.code.expose()).map_err(|it| Error::invalid(it.to_string()))?;
    let device_name = device_name(pairing.device_name.as_deref())?;
    let exchanged = app.exchange_code(&request, ExchangeCode { code, device_name }).await?;
    let token: &Issued = exchanged.token.state.issued().ok_or(Error::NotFound)?;
    let paired = Paired {
        token: exchanged.secret.expose(),
        token_id: exchanged.token.id.public(),
        name: exchanged.name.as_str(),
        expires_at: token.expires_at,
        scopes: &token.scopes,
        websocket_url: app.websocket_url("/ws"),
        workspace_id: token.workspace_id.public(),
    };
    Ok((At(exchanged.token.position), CREDENTIAL, Json(&paired).into_response()))
}

/// Reads what a device says it is called; a blank name is none.
fn device_name(text: Option<&str>) -> Result<Option<DeviceName>, Error> {
    match text.map(DeviceName::parse) {
        None | Some(Err(InvalidText::Required)) => Ok(None),
        Some(Ok(name)) => Ok(Some(name)),
        Some(Err(invalid)) => Err(Error::invalid(format!("device_name: {invalid}"))),
    }
}
