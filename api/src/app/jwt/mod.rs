//! JWTs: RS256 in the compact form of RFC 7515; written with keys that were parsed once.
//!
//! [`verify`] is the only reader of our own tokens and believes as little as it can: one algorithm,
//! named by the key and not by the token; a header of three members and no other (so no `crit`,
//! `jku`, `jwk`, `x5u`, `x5c`); every claim required, and of exactly one type (RFC 8725).
//! `jsonwebtoken` checks the signature and nothing else: its own checks accept missing and mistyped
//! claims. Signing goes to its cryptography directly, since it parses the private key at each use.

mod foreign;
mod keys;
#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use domain::{Secret, Time, keyring::Kid};
use jsonwebtoken::{Algorithm, crypto};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::foreign::{ForeignExpected, ForeignKeys, SessionClaims, verify_foreign};
pub use self::keys::{KeyError, KeySet, Signer, public_jwk, thumbprint};

/// A token longer than this is refused unread.
const LONGEST: usize = 8 * 1024;
/// How far the clock of the node that signed may be ahead of ours; never counts for an expiry.
const LEEWAY_S: i64 = 30;

const ALGORITHM: &str = "RS256";
/// `typ` of most tokens.
pub const TYPE: &str = "JWT";
/// `typ` of an access token in the shape of RFC 9068.
pub const ACCESS_TOKEN: &str = "at+jwt";

/// What every token must say of itself.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    pub now: Time,
}

/// Why a token is refused; for metrics, since whoever presented it learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Malformed,
    Header,
    UnknownKey,
    Signature,
    Claims,
    Issuer,
    Audience,
    Expired,
    NotYet,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: Kid,
}

/// The claims that are judged here, whatever else a token says.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: Vec<String>,
    #[serde(rename = "sub")]
    _sub: String,
    exp: i64,
    nbf: i64,
    #[serde(rename = "iat")]
    _iat: i64,
}

/// Writes a token.
pub fn sign(claims: &impl Serialize, signer: &Signer) -> Result<Secret<String>, KeyError> {
    sign_as(TYPE, claims, signer)
}

/// Writes a token of another type.
pub fn sign_as(
    kind: &str,
    claims: &impl Serialize,
    signer: &Signer,
) -> Result<Secret<String>, KeyError> {
    let header = Header { alg: ALGORITHM.into(), typ: kind.into(), kid: signer.kid().clone() };
    let encode = |part: Result<Vec<u8>, _>| part.map(|part| BASE64URL.encode(part));
    let mut text = encode(serde_json::to_vec(&header)).map_err(KeyError::Claims)?;
    text.push('.');
    text.push_str(&encode(serde_json::to_vec(claims)).map_err(KeyError::Claims)?);
    let signature = signer.sign(text.as_bytes())?;
    text.push('.');
    BASE64URL.encode_string(signature, &mut text);
    Ok(Secret::new(text))
}

/// Signs `payload`, which travels beside what is returned: a JWS with detached content (RFC 7515,
/// appendix F). More members of the header are signed along with it.
pub fn sign_detached(
    kind: &str,
    members: &impl Serialize,
    payload: &[u8],
    signer: &Signer,
) -> Result<String, KeyError> {
    #[derive(Serialize)]
    struct Protected<'a, M> {
        #[serde(flatten)]
        header: Header,
        #[serde(flatten)]
        members: &'a M,
    }
    let header = Header { alg: ALGORITHM.into(), typ: kind.into(), kid: signer.kid().clone() };
    let header = serde_json::to_vec(&Protected { header, members }).map_err(KeyError::Claims)?;
    let header = BASE64URL.encode(header);
    let text = format!("{header}.{}", BASE64URL.encode(payload));
    let signature = BASE64URL.encode(signer.sign(text.as_bytes())?);
    Ok(format!("{header}..{signature}"))
}

/// Returns the claims of a token that is what it should be.
pub fn verify<C: DeserializeOwned>(
    text: &str,
    keys: &KeySet,
    expected: Expected<'_>,
) -> Result<C, Refusal> {
    open(text, keys)?.judged(expected)
}

/// A token that one of our keys signed, whatever it says.
pub struct Opened {
    is_access_token: bool,
    claims: Vec<u8>,
}

impl Opened {
    /// Whether it says to be an access token of RFC 9068; most do not say what they are.
    pub fn is_access_token(&self) -> bool {
        self.is_access_token
    }

    /// Its claims, of which nothing but the shape is known.
    pub fn claims<C: DeserializeOwned>(&self) -> Result<C, Refusal> {
        serde_json::from_slice(&self.claims).map_err(|_| Refusal::Claims)
    }

    /// Its claims, if they are what they should be.
    pub fn judged<C: DeserializeOwned>(&self, expected: Expected<'_>) -> Result<C, Refusal> {
        if self.is_access_token {
            return Err(Refusal::Header);
        }
        self.claims::<Registered>()?.judge(expected)?;
        self.claims()
    }
}

/// Returns a token that one of our keys signed.
pub fn open(text: &str, keys: &KeySet) -> Result<Opened, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
    // Only the canonical encoding is read: no padding, no stray bits at the end.
    let decode = |part: &str| BASE64URL.decode(part).map_err(|_| Refusal::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Header)?;
    if header.alg != ALGORITHM || !matches!(&*header.typ, TYPE | ACCESS_TOKEN) {
        return Err(Refusal::Header);
    }
    let key = keys.verifier(&header.kid).ok_or(Refusal::UnknownKey)?;
    let claims = decode(claims)?;
    decode(signature)?;
    match crypto::verify(signature, signed.as_bytes(), key, Algorithm::RS256) {
        Ok(true) => Ok(Opened { is_access_token: header.typ == ACCESS_TOKEN, claims }),
        Ok(false) | Err(_) => Err(Refusal::Signature),
    }
}

impl Registered {
    fn judge(&self, expected: Expected<'_>) -> Result<(), Refusal> {
        // Whole seconds that a JavaScript number can hold: anything else is no date of ours.
        let dates = 1..1 << 53;
        let now = expected.now.timestamp();
        if self.iss != expected.issuer {
            Err(Refusal::Issuer)
        } else if self.aud != [expected.audience] {
            Err(Refusal::Audience)
        } else if !dates.contains(&self.exp) || !dates.contains(&self.nbf) {
            Err(Refusal::Claims)
        } else if self.exp <= now {
            Err(Refusal::Expired)
        } else if self.nbf > now + LEEWAY_S {
            Err(Refusal::NotYet)
        } else {
            Ok(())
        }
    }
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
        }
    }
}
