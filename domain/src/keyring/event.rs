//! What has happened to signing keys, in the words the log keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{StoredEvent, Time, event, id::VaultRef};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "signing_key.announced")]
    Announced {
        kid: Kid,
        public_jwk: PublicJwk,
        /// The earliest moment it may sign.
        activates_at: Time,
        /// Where the private key lies.
        provider_ref: VaultRef,
    },
    #[serde(rename = "signing_key.activated")]
    Activated { kid: Kid },
    #[serde(rename = "signing_key.retired")]
    Retired {
        kid: Kid,
        /// When the last of its signatures has expired.
        drop_at: Time,
    },
    #[serde(rename = "signing_key.dropped")]
    Dropped { kid: Kid },
    #[serde(rename = "signing_key.compromised")]
    Compromised { kid: Kid },
    #[serde(rename = "keyring.summarised")]
    Summarised(Summary),
}

/// Names a key: its RFC 7638 thumbprint, SHA-256 in base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kid(String);

impl Kid {
    pub fn new(thumbprint: impl Into<String>) -> Self {
        Self(thumbprint.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The public half of a key (RFC 7517, RFC 7518 6.3.1); of at least 2048 bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicJwk {
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, big-endian, base64url without padding.
        n: String,
        /// The exponent, likewise; `AQAB`.
        e: String,
    },
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "keyring.summarised", schema: 1 });
}
