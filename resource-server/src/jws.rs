//! JWS in the compact form (RFC 7515), read as strictly as the issuer writes it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;

use crate::{Refusal, Why};

/// A token longer than this is refused unread.
const LONGEST: usize = 8 * 1024;
const ALGORITHM: &str = "RS256";

/// `typ` of most access tokens.
const TYPE: &str = "JWT";
/// `typ` of one in the shape of RFC 9068.
pub(crate) const ACCESS_TOKEN: &str = "at+jwt";

/// A header. It has these members and no other: nothing that brings a key or must be understood
/// (`jku`, `jwk`, `x5u`, `x5c`, `crit`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) typ: String,
    pub(crate) kid: String,
}

/// A token of which nothing is believed yet.
pub(crate) struct Token<'a> {
    header: Header,
    signed: &'a str,
    claims: Vec<u8>,
    signature: &'a str,
}

impl<'a> Token<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Why::Malformed.into());
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Why::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Why::Malformed)?;
        // Only the canonical encoding is read: no padding, no stray bits at the end.
        let decode = |part: &str| BASE64URL.decode(part).map_err(|_| Why::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Why::Header)?;
        if header.alg != ALGORITHM || !matches!(&*header.typ, TYPE | ACCESS_TOKEN) {
            return Err(Why::Header.into());
        }
        let claims = decode(claims)?;
        decode(signature)?;
        Ok(Self { header, signed, claims, signature })
    }

    /// The key that it says it is signed with.
    pub(crate) fn kid(&self) -> &str {
        &self.header.kid
    }

    /// Its header and its claims, if `key` signed them.
    pub(crate) fn verified(self, key: &DecodingKey) -> Result<(Header, Vec<u8>), Refusal> {
        if is_signed(self.signed.as_bytes(), self.signature, key) {
            Ok((self.header, self.claims))
        } else {
            Err(Why::Signature.into())
        }
    }
}

/// Tells whether `key` signed this.
pub(crate) fn is_signed(signed: &[u8], signature: &str, key: &DecodingKey) -> bool {
    matches!(crypto::verify(signature, signed, key, Algorithm::RS256), Ok(true))
}
