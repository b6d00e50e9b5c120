//! Bodies: read whole, within a size and a time, as JSON or as a form.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use bytes::Bytes;
use domain::Secret;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::error::Category;
use tokio::time;

use crate::error::Error;

/// The body of an endpoint that takes credentials.
pub(super) const SMALL: usize = 8 * 1024;
/// The body of a GraphQL request.
pub(super) const LARGE: usize = 64 * 1024;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(15);

/// A small body, as JSON or as a form (for callers written by hand). Unknown members are ignored.
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Fields<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let kind = media_type(&parts.headers);
        let read = match kind {
            Some("application/json") => json,
            Some("application/x-www-form-urlencoded") => form,
            _ => return Err(Error::UnsupportedMediaType),
        };
        read(&collect(&parts.headers, body, SMALL).await?).map(Self)
    }
}

/// Reads JSON.
pub(super) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| not_json(&error))
}

/// Whatever is wrong with a body, the answer does not repeat it.
pub(super) fn not_json(error: &serde_json::Error) -> Error {
    Error::invalid(match error.classify() {
        Category::Data => "a member is missing, repeated or of a wrong type",
        Category::Syntax | Category::Eof | Category::Io => "the body is not JSON",
    })
}

fn form<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    // Two parameters of one name are refused, as RFC 6749 3.2 asks.
    serde_urlencoded::from_bytes(body)
        .map_err(|_| Error::invalid("a parameter is missing or repeated"))
}

/// Reads a body of at most `most` bytes.
pub(super) async fn collect(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Error> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        return Err(Error::TooLarge);
    }
    let reading = Limited::new(body, most).collect();
    match time::timeout(PATIENCE, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Error::TooLarge),
        Ok(Err(_)) => Err(Error::invalid("the body was cut off")),
        // A slow network is no fault of the credential in the body.
        Err(_) => Err(Error::Overloaded),
    }
}

/// The media type without its parameters; none where there is not exactly one.
pub(super) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let kind = types.next()?.to_str().ok()?;
    let kind = kind.split(';').next()?.trim();
    types.next().is_none().then_some(kind)
}

/// Reads a text that must not be printed.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}
