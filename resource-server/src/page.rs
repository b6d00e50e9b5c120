//! A page of the feed: entries, and a signature over them and over where they stand in it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use crate::{jws::is_signed, revoked::Entry};

/// How far the issuer's clock and ours may differ.
const LEEWAY_S: i64 = 60;

/// What is wrong with a page.
#[derive(Debug, thiserror::Error)]
#[error("a page of the feed is not what it should be: {0}")]
pub(crate) struct Wrong(pub(crate) &'static str);

/// The header of the signature (RFC 7515, appendix F).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    alg: String,
    typ: String,
    pub(crate) kid: String,
    iss: String,
    pub(crate) iat: i64,
    after: String,
    pub(crate) next: String,
    /// Whether there was nothing more.
    pub(crate) last: bool,
}

impl Place {
    /// Reads where a page says it stands; nothing of it is believed yet.
    pub(crate) fn read(signature: &str) -> Result<Self, Wrong> {
        let (header, _) = signature.split_once("..").ok_or(Wrong("it is not signed"))?;
        let header = BASE64URL.decode(header).map_err(|_| Wrong("it is not signed"))?;
        serde_json::from_slice(&header).map_err(|_| Wrong("its signature says too little"))
    }

    /// Returns the entries, if they are the issuer's, of now, and those asked for.
    pub(crate) fn entries(
        &self,
        text: &str,
        signature: &str,
        key: &DecodingKey,
        asked: &Asked<'_>,
    ) -> Result<Vec<Entry>, Wrong> {
        let (header, signature) = signature.split_once("..").ok_or(Wrong("it is not signed"))?;
        let signed = format!("{header}.{}", BASE64URL.encode(text));
        if self.alg != "RS256" || self.typ != "revocations" {
            Err(Wrong("its signature is for something else"))
        } else if !is_signed(signed.as_bytes(), signature, key) {
            Err(Wrong("its signature is wrong"))
        } else if self.iss != asked.issuer {
            Err(Wrong("it is another issuer's"))
        } else if self.after != asked.after {
            Err(Wrong("it is from elsewhere in the feed"))
        } else if (self.iat - asked.now).abs() > LEEWAY_S {
            Err(Wrong("it is from another time"))
        } else {
            let entries = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
            entries.map_err(|_| Wrong("an entry can not be read"))
        }
    }
}

/// What a page has to fit.
pub(crate) struct Asked<'a> {
    pub(crate) issuer: &'a str,
    /// The cursor that was asked with.
    pub(crate) after: &'a str,
    pub(crate) now: i64,
}
