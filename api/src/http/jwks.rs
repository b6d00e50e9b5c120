//! `GET /oauth/jwks`: the public keys, for everybody, to be kept for a few minutes (RFC 7517).

use axum::{
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};

use super::Service;

pub(super) async fn jwks(State(service): State<Service>, asked: HeaderMap) -> Response {
    let keys = service.app().keys.current();
    let max_age = service.app().settings.tokens.jwks_max_age.as_secs();
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json".to_owned()),
        (CACHE_CONTROL, format!("public, max-age={max_age}")),
        (ETAG, keys.etag.clone()),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    if asked.get(IF_NONE_MATCH).is_some_and(|known| names(known, &keys.etag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, keys.jwks.clone()).into_response()
}

/// Whether one of the tags is ours (RFC 9110 13.1.2).
pub(super) fn names(known: &HeaderValue, etag: &str) -> bool {
    known.to_str().is_ok_and(|known| {
        let tags = known.split(',').map(str::trim);
        tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag)).any(|tag| tag == "*" || tag == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_by_its_tag() {
        for known in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(names(&HeaderValue::from_static(known), "\"abc\""), "{known}");
        }
        assert!(!names(&HeaderValue::from_static("\"abcd\""), "\"abc\""));
    }
}
