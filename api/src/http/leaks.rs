//! `POST /api/leaks`: tokens that a secret scanner found, in the form that GitHub's sends.
//!
//! The body is signed by one of the keys of the configuration; without such a key nobody is
//! believed.

use axum::{
    Json,
    extract::{FromRequestParts, Request, State},
    http::HeaderMap,
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Secret, secret::SecretHash};
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::CREDENTIAL,
    asking::Anonymous,
    body::{JSON, LARGE, collect, is_of_type, secret},
};
use crate::{config::ReporterKey, error::Error};

const KEY: &str = "github-public-key-identifier";
const SIGNATURE: &str = "github-public-key-signature";
/// Tokens in one report.
const MOST: usize = 100;

#[derive(Deserialize)]
struct Candidate {
    #[serde(deserialize_with = "secret")]
    token: Secret<String>,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Serialize)]
struct Outcome {
    token_hash: String,
    token_type: String,
    label: &'static str,
}

pub(super) async fn report(
    State(service): State<Service>,
    request: Request,
) -> Result<impl IntoResponse, Error> {
    let (mut parts, body) = request.into_parts();
    let asking = Anonymous::from_request_parts(&mut parts, &service).await?.0;
    let app = service.app();
    if !is_of_type(&parts.headers, JSON) {
        return Err(Error::UnsupportedMediaType);
    }
    let body = collect(&parts.headers, body, LARGE).await?;
    let reporter = signer(&app.settings.leak_reporters, &parts.headers, &body)?;
    let candidates: Vec<Candidate> = serde_json::from_slice(&body)
        .map_err(|_| Error::invalid("the body is no list of candidates"))?;
    if candidates.len() > MOST {
        return Err(Error::invalid("at most 100 candidates at a time"));
    }
    let tokens = candidates.iter().map(|candidate| candidate.token.clone()).collect();
    let ours = app.report_leaks(&asking, &reporter.id, tokens).await?;
    let outcomes: Vec<_> = candidates
        .into_iter()
        .zip(ours)
        .map(|(candidate, ours)| Outcome {
            // Only of what was sent to us: whoever reads this knows the token already.
            token_hash: STANDARD.encode(SecretHash::of(candidate.token.expose()).as_bytes()),
            token_type: candidate.kind,
            label: if ours { "true_positive" } else { "false_positive" },
        })
        .collect();
    Ok((CREDENTIAL, Json(outcomes).into_response()))
}

/// Returns whose signature the report bears.
fn signer<'a>(
    keys: &'a [ReporterKey],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<&'a ReporterKey, Error> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (id, signature) = text(KEY).zip(text(SIGNATURE)).ok_or_else(unsigned)?;
    let key = keys.iter().find(|key| key.id == id).ok_or_else(unsigned)?;
    if key.has_signed(body, signature) { Ok(key) } else { Err(unsigned()) }
}

fn unsigned() -> Error {
    Error::Invalid {
        code: "invalid_signature",
        description: "the report is not signed by a key that is known here".into(),
    }
}
