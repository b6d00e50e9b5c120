//! Whose reports of leaked tokens are believed.

use std::{fmt, str::FromStr, sync::Arc};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

/// One reporter's key: `{id}={base64 of a P-256 public key, as a point or in SPKI}`.
#[derive(Clone)]
pub struct ReporterKey {
    pub id: String,
    key: Arc<ParsedPublicKey>,
}

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`id=key`, the key being a P-256 public key in base64")]
pub struct InvalidKey;

impl ReporterKey {
    /// Tells whether `signature` (ECDSA with SHA-256, in DER, in base64) is of `body`.
    pub fn has_signed(&self, body: &[u8], signature: &str) -> bool {
        let signature = STANDARD.decode(signature);
        signature.is_ok_and(|signature| self.key.verify_sig(body, &signature).is_ok())
    }
}

impl FromStr for ReporterKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (id, key) = text.split_once('=').ok_or(InvalidKey)?;
        let key = STANDARD.decode(key).map_err(|_| InvalidKey)?;
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).map_err(|_| InvalidKey)?;
        if id.is_empty() { Err(InvalidKey) } else { Ok(Self { id: id.into(), key: key.into() }) }
    }
}

impl fmt::Debug for ReporterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReporterKey({})", self.id)
    }
}
