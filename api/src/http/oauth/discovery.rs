//! Discovery: what a client finds by the issuer's name alone (RFC 8414, OpenID Connect Discovery).

use std::{future::ready, sync::Arc};

use axum::{
    extract::Request,
    handler::Handler,
    http::StatusCode,
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use bytes::Bytes;
use domain::scope::OauthScope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::{Service, jwks::names};
use crate::app::oauth::reply::ResponseMode;

/// The document, made once.
#[derive(Clone)]
pub(super) struct Document(Arc<Inner>);

struct Inner {
    text: Bytes,
    etag: String,
}

impl Document {
    pub(super) fn new(service: &Service, advertised: &[(&str, &str)]) -> Self {
        let settings = &service.app().settings;
        let base = settings.issuer().trim_end_matches('/');
        let scopes: Vec<_> = OauthScope::ALL.iter().map(|scope| scope.as_str()).collect();
        let methods = ["none", "client_secret_post", "client_secret_basic"];
        let mut document = json!({
            "issuer": settings.issuer(),
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "introspection_endpoint_auth_methods_supported": methods[1..],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "jti", "auth_time", "nonce", "at_hash",
                "preferred_username", "email", "application_id", "user",
            ],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        });
        for (member, path) in advertised {
            document[*member] = Value::String(format!("{base}{path}"));
        }
        let text = Bytes::from(document.to_string());
        let etag = format!("\"{}\"", BASE64URL.encode(&Sha256::digest(&text)[..16]));
        Self(Arc::new(Inner { text, etag }))
    }
}

impl Handler<(), Service> for Document {
    type Future = std::future::Ready<Response>;

    fn call(self, request: Request, _: Service) -> Self::Future {
        let Inner { text, etag } = &*self.0;
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "public, max-age=300"),
            (ETAG, etag),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ];
        let known = request.headers().get(IF_NONE_MATCH).is_some_and(|known| names(known, etag));
        ready(if known {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, text.clone()).into_response()
        })
    }
}
