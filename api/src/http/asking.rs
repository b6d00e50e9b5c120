//! Asking: a request in the words of `app`, made from what came in.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, Method,
        header::{AUTHORIZATION, COOKIE},
        request::Parts,
    },
};
use domain::Secret;
use uuid::Uuid;

use super::{Service, client_of, cookie::LoginCookie};
use crate::{
    app::{App, Request, bearer::Proof},
    error::Error,
    origin,
};

/// The longest idempotency key that is looked at.
const LONGEST_KEY: usize = 255;

/// What the gate notes of every request; among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub id: Uuid,
    /// Where it came from; see [`Proxies`](super::Proxies).
    pub ip: IpAddr,
}

impl Arrival {
    /// Returns the arrival of a request that came through the gate.
    pub fn of(parts: &Parts) -> Result<Self, Error> {
        let arrival = parts.extensions.get().copied();
        arrival.ok_or_else(|| Error::Internal(anyhow::anyhow!("a request came past the gate")))
    }
}

/// A request of somebody who has not said who they are.
pub(super) struct Anonymous(pub(super) Request);

/// A request of somebody whose credential is good.
pub(super) struct Authenticated(pub(super) Request);

impl<S: Sync> FromRequestParts<S> for Anonymous {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let arrival = Arrival::of(parts)?;
        Ok(Self(Request {
            id: arrival.id,
            caller: None,
            client: client_of(arrival.ip, &parts.headers),
            idempotency_key: idempotency_key(&parts.headers)?,
        }))
    }
}

impl FromRequestParts<Service> for Authenticated {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Error> {
        let Anonymous(mut request) = Anonymous::from_request_parts(parts, service).await?;
        let proof = proof(service.app(), &parts.method, &parts.headers)?;
        let proof = proof.ok_or(Error::Unauthenticated)?;
        request.caller = Some(service.app().caller_from(&proof, &request.client).await?);
        Ok(Self(request))
    }
}

/// What a request says who it is by: a bearer credential, or else the cookie of a login.
///
/// The cookie counts only for pages of ours; a request that changes nothing need not say which
/// page it is from.
pub(super) fn proof(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Proof>, Error> {
    if headers.contains_key(AUTHORIZATION) {
        let credential = bearer(headers).ok_or(Error::Unauthenticated)?;
        return Ok(Some(Proof::Bearer(Secret::new(credential.to_owned()))));
    }
    let session = || session_cookie(app, headers).map(Proof::Bearer);
    let login = LoginCookie::of(app).read(headers).map(Proof::Cookie);
    let Some(proof) = login.or_else(session) else { return Ok(None) };
    if method.is_safe() { origin::check(app, headers) } else { origin::require(app, headers) }?;
    Ok(Some(proof))
}

/// Tells whether a browser brings a session, good or not.
pub(super) fn brings_session(app: &App, headers: &HeaderMap) -> bool {
    LoginCookie::of(app).read(headers).is_some() || session_cookie(app, headers).is_some()
}

/// The JWT that Clerk's pages keep in the cookie `__session`; where it is of nobody we believe, none.
pub(super) fn session_cookie(app: &App, headers: &HeaderMap) -> Option<Secret<String>> {
    app.identity.provider.as_ref()?;
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix("__session="));
    let only = found.next().filter(|_| found.next().is_none())?;
    // Nothing but a JWT: no other credential is taken from there.
    (only.split('.').count() == 3).then(|| Secret::new(only.to_owned()))
}

/// The credential of `Authorization: Bearer …` (RFC 6750 2.1); the scheme's case does not matter.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let line = lines.next()?.to_str().ok()?;
    let (scheme, credential) = line.split_once(' ')?;
    // Two credentials are as good as none.
    let only = lines.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    only.then(|| credential.trim_matches(' ')).filter(|credential| !credential.is_empty())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Error::invalid("an idempotency key has 1 to 255 visible ASCII characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, line.parse().unwrap());
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn a_credential_stands_behind_bearer() {
        assert_eq!(read(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(read(&["bearer  abc "]).as_deref(), Some("abc"));
    }

    #[test]
    fn anything_else_is_no_credential() {
        for lines in [&[][..], &["Basic abc"], &["Bearer"], &["Bearer "], &["Bearer a", "Bearer b"]]
        {
            assert_eq!(read(lines), None, "{lines:?}");
        }
    }
}
