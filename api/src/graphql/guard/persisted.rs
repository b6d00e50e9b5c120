//! Persisted queries: a document that was sent once is named by its digest from then on.
//!
//! Apollo's protocol of automatic persisted queries, which clients have built in: the digest alone
//! first, and with its text where the service does not know it (yet, or any more). Only a document
//! that passed the guard is kept, so its name is no way around it.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Request, ServerError, ServerResult, Value};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

/// Bytes of all documents together; those that are asked for seldom make room.
const ROOM: u64 = 4 * 1024 * 1024;

/// The documents that this node was sent with their digests.
#[derive(Clone)]
pub(super) struct Persisted(Cache<[u8; 32], Arc<str>>);

impl Default for Persisted {
    fn default() -> Self {
        let weight = |_: &_, text: &Arc<str>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weight).max_capacity(ROOM).build())
    }
}

impl Persisted {
    /// Puts a document in the place of its digest, where only that was sent.
    ///
    /// Returns the digest under which the document is to be [kept](Self::keep), if it came with one.
    pub(super) fn find(&self, request: &mut Request) -> ServerResult<Option<[u8; 32]>> {
        let Some(asked) = request.extensions.get("persistedQuery") else { return Ok(None) };
        let digest = digest_of(asked).ok_or_else(|| refusal(NOT_SUPPORTED))?;
        if request.query.is_empty() {
            let text = self.0.get(&digest).ok_or_else(|| refusal(NOT_FOUND))?;
            request.query = text.to_string();
            return Ok(None);
        }
        if Sha256::digest(&request.query)[..] != digest {
            return Err(refusal(OTHER));
        }
        Ok(Some(digest))
    }

    /// Keeps a document that passed the guard.
    pub(super) fn keep(&self, digest: [u8; 32], text: &str) {
        self.0.insert(digest, text.into());
    }
}

/// The digest in `{ version: 1, sha256Hash: "…" }`.
fn digest_of(asked: &Value) -> Option<[u8; 32]> {
    let Value::Object(asked) = asked else { return None };
    let (Value::Number(version), Value::String(hash)) =
        (asked.get("version")?, asked.get("sha256Hash")?)
    else {
        return None;
    };
    let mut digest = [0; 32];
    hex::decode_to_slice(hash, &mut digest).ok()?;
    (version.as_u64() == Some(1)).then_some(digest)
}

/// A message and its code; clients know the first two messages by heart.
type Refusal = (&'static str, &'static str);

const NOT_FOUND: Refusal = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND");
const NOT_SUPPORTED: Refusal = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED");
const OTHER: Refusal = ("the digest is not that of the document", "BAD_USER_INPUT");

fn refusal((message, code): Refusal) -> ServerError {
    let mut values = ErrorExtensionValues::default();
    values.set("code", code);
    let mut error = ServerError::new(message, None);
    error.extensions = Some(values);
    error
}
