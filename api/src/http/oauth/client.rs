//! Which client asks: by its form, or by HTTP Basic; not by both (RFC 6749 2.3.1).

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use domain::Secret;
use zeroize::Zeroizing;

use super::form::{Form, decode};
use crate::{
    app::oauth::{client_auth::Credentials, refused},
    error::Error,
};

/// Takes the credentials of the client out of a request; `None` if there are none at all.
pub(super) fn credentials(form: &mut Form) -> Result<Option<Credentials>, Error> {
    let client_id = form.take("client_id");
    let secret = form.take_secret("client_secret");
    let Some(basic) = basic(&form.headers)? else {
        return match (client_id, secret) {
            (Some(client_id), secret) => Ok(Some(Credentials { client_id, secret })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(refused("invalid_request", "client_id is missing")),
        };
    };
    if secret.is_some() {
        return Err(refused("invalid_request", "the client is authenticated in two ways"));
    }
    if client_id.is_some_and(|client_id| client_id != basic.client_id) {
        return Err(refused("invalid_request", "two clients are named"));
    }
    Ok(Some(basic))
}

/// Reads `Authorization: Basic …`; `None` if there is no such header.
fn basic(headers: &HeaderMap) -> Result<Option<Credentials>, Error> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let parsed = line.to_str().ok().filter(|_| lines.next().is_none()).and_then(|line| {
        let (scheme, encoded) = line.split_once(' ')?;
        let encoded = encoded.trim().as_bytes();
        let basic = scheme.eq_ignore_ascii_case("basic");
        let text = Zeroizing::new(basic.then(|| BASE64.decode(encoded).ok()).flatten()?);
        let place = text.iter().position(|byte| *byte == b':')?;
        let client_id = decode(&text[..place])?;
        let secret = Secret::new(decode(&text[place + 1..])?);
        let secret = Some(secret).filter(|secret| !secret.expose().is_empty());
        Some(Credentials { client_id, secret })
    });
    parsed.map(Some).ok_or(Error::InvalidClient)
}
