//! With axum: `Access` is an extractor, and a `Refusal` is an answer (RFC 6750 3).

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};

use crate::{Access, InsufficientScope, Refusal, ResourceServer, Why};

impl<S> FromRequestParts<S> for Access
where
    S: Send + Sync,
    ResourceServer: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers).ok_or(Why::Missing)?;
        ResourceServer::from_ref(state).verify(token).await
    }
}

/// The token of `Authorization: Bearer …`; two are as good as none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?.to_str().ok()?, lines.next()) else { return None };
    let (scheme, token) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = |text| (WWW_AUTHENTICATE, HeaderValue::from_static(text));
        match self {
            // Whoever brought none is told which kind is asked for, and no more.
            Self::Invalid(Why::Missing) => {
                (StatusCode::UNAUTHORIZED, [challenge("Bearer")]).into_response()
            }
            Self::Invalid(_) => {
                let challenge = challenge("Bearer error=\"invalid_token\"");
                (StatusCode::UNAUTHORIZED, [challenge]).into_response()
            }
            Self::Scope(refusal) => refusal.into_response(),
            Self::Unavailable => {
                let later = (RETRY_AFTER, HeaderValue::from_static("1"));
                (StatusCode::SERVICE_UNAVAILABLE, [later]).into_response()
            }
        }
    }
}

impl IntoResponse for InsufficientScope {
    fn into_response(self) -> Response {
        let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
        (StatusCode::FORBIDDEN, [(WWW_AUTHENTICATE, challenge)]).into_response()
    }
}
