//! Answers: how an error, a position and a credential look from outside.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
        },
    },
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use serde_json::json;
use store::Position;
use uuid::Uuid;

use crate::{
    app::throttle::{Allowance, Policy, Rates},
    error::Error,
};

pub(super) const X_POSITION: HeaderName = HeaderName::from_static("x-position");
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// An error on its way to the gate, which knows the request's id and writes the answer.
#[derive(Clone)]
pub(super) struct Failed(pub(super) Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        let status = StatusCode::from_u16(self.describe().status);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(Failed(Arc::new(self)));
        response
    }
}

/// Writes an error for the request `id` (RFC 6749 5.2, and a little more).
pub(super) fn write(error: &Error, id: Uuid, response: &mut Response) {
    let description = error.describe();
    let body = json!({
        "error": description.rest,
        "error_description": error.to_string(),
        "request_id": id,
    });
    *response.body_mut() = Body::from(body.to_string());
    let headers = response.headers_mut();
    // The router has noted how long the empty body was.
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = error.retry_after() {
        headers.insert(RETRY_AFTER, number(whole_seconds(wait)));
    }
    if let Error::RateLimited { retry_after, policy: Some(policy) } = *error {
        Limit { policy, remaining: 0, retry_after: Some(retry_after) }.write(headers);
    }
    match description.status {
        401 if description.rest == "invalid_client" => {
            // RFC 6749 5.2; the scheme of RFC 7617.
            let basic = HeaderValue::from_static("Basic realm=\"keyledger\"");
            headers.insert(WWW_AUTHENTICATE, basic);
        }
        401 => challenge(headers, description.rest),
        403 if description.rest == "insufficient_scope" => challenge(headers, description.rest),
        _ => {}
    }
}

/// Says which kind of credential is asked for (RFC 6750 3).
fn challenge(headers: &mut HeaderMap, error: &str) {
    let challenge = format!("Bearer realm=\"keyledger\", error=\"{error}\"");
    let challenge = HeaderValue::from_str(&challenge).expect("codes are plain ASCII words");
    headers.insert(WWW_AUTHENTICATE, challenge);
}

/// `X-Position`: where the log stands with what was just done.
pub(super) struct At(pub(super) Option<Position>);

impl IntoResponseParts for At {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(position) = self.0
            && let Ok(position) = HeaderValue::from_str(&position.encode())
        {
            parts.headers_mut().insert(X_POSITION, position);
        }
        Ok(parts)
    }
}

/// Headers of an answer that holds a credential: nobody may keep a copy.
pub(super) const CREDENTIAL: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (PRAGMA, HeaderValue::from_static("no-cache")),
];

/// `RateLimit-Policy` and `RateLimit`: what is allowed, and what is left of it
/// (draft-ietf-httpapi-ratelimit-headers-10).
pub(super) struct Limit {
    policy: Policy,
    remaining: u32,
    /// When there will be something left again, where there is nothing now.
    retry_after: Option<Duration>,
}

impl Limit {
    pub(super) fn of(rates: &Rates, allowance: Allowance) -> Self {
        let Allowance { remaining, retry_after } = allowance;
        Self { policy: rates.policy, remaining, retry_after }
    }

    fn write(&self, headers: &mut HeaderMap) {
        let Policy { name, rate } = self.policy;
        let policy = format!("\"{name}\";q={};w={}", rate.count, rate.period.as_secs());
        let wait = self.retry_after.map(|wait| format!(";t={}", whole_seconds(wait)));
        let left = format!("\"{name}\";r={}{}", self.remaining, wait.unwrap_or_default());
        for (name, value) in [(RATELIMIT_POLICY, policy), (RATELIMIT, left)] {
            let value = HeaderValue::from_str(&value);
            headers.insert(name, value.expect("names of limits are plain ASCII words"));
        }
    }
}

impl IntoResponseParts for Limit {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        self.write(parts.headers_mut());
        Ok(parts)
    }
}

/// A wait in whole seconds, and never an invitation to come back at once.
fn whole_seconds(wait: Duration) -> u128 {
    wait.as_millis().div_ceil(1000).max(1)
}

fn number(number: u128) -> HeaderValue {
    HeaderValue::from_str(&number.to_string()).expect("digits are a header's value")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::app::throttle::Rate;

    async fn written(error: Error) -> (Response, serde_json::Value) {
        let mut response = Response::new(Body::empty());
        write(&error, Uuid::nil(), &mut response);
        let (parts, body) = response.into_parts();
        let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        (Response::from_parts(parts, Body::empty()), body)
    }

    #[tokio::test]
    async fn an_error_has_one_shape_everywhere() {
        let (_, body) = written(Error::NotFound).await;
        assert_eq!(
            body,
            json!({
                "error": "not_found",
                "error_description": "there is no such thing",
                "request_id": Uuid::nil(),
            })
        );
    }

    #[tokio::test]
    async fn whoever_is_not_known_is_told_what_is_asked_for() {
        let (response, _) = written(Error::Unauthenticated).await;
        let challenge = &response.headers()[WWW_AUTHENTICATE];
        assert_eq!(challenge, "Bearer realm=\"keyledger\", error=\"invalid_token\"");
    }

    #[tokio::test]
    async fn whoever_must_wait_is_told_for_how_long_in_whole_seconds() {
        for (wait, said) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let retry_after = Duration::from_millis(wait);
            let (response, _) = written(Error::RateLimited { retry_after, policy: None }).await;
            assert_eq!(response.headers()[RETRY_AFTER], said);
        }
        let (response, _) = written(Error::Overloaded).await;
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }

    #[tokio::test]
    async fn whoever_reached_a_limit_is_told_which() {
        let policy = Some(Policy { name: "register", rate: Rate::per_hour(10) });
        let retry_after = Duration::from_mins(6);
        let (response, _) = written(Error::RateLimited { retry_after, policy }).await;
        assert_eq!(response.headers()["ratelimit-policy"], "\"register\";q=10;w=3600");
        assert_eq!(response.headers()["ratelimit"], "\"register\";r=0;t=360");
        assert_eq!(response.headers()[RETRY_AFTER], "360");
    }
}
