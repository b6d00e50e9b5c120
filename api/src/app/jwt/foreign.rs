//! Tokens of another issuer: an identity provider's sessions, under keys that it publishes.
//!
//! As little is believed as of our own: one algorithm, a key that was published for it, no header
//! that names or brings a key, no `crit`, and claims of exactly one type. Only what an issuer may
//! add (`cat`, a missing `typ`) is overlooked.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use domain::Time;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Refusal;

/// A token longer than this is refused unread.
const LONGEST: usize = 8 * 1024;
/// How far the issuer's clock may be ahead of ours; never counts for an expiry.
const LEEWAY_S: i64 = 30;
/// The most keys that an issuer may publish.
const MOST_KEYS: usize = 32;
/// Below this a modulus can be factored (RFC 7518 3.3).
const FEWEST_BITS: usize = 2048;
/// 65537, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// Headers that say where a key is to be had, or that something must be understood.
const NEVER: [&str; 5] = ["crit", "jku", "jwk", "x5u", "x5c"];

/// Keys that an issuer publishes, by their names.
#[derive(Default)]
pub struct ForeignKeys(HashMap<String, DecodingKey>);

/// What every token of the issuer must say of itself.
#[derive(Clone, Copy, Debug)]
pub struct ForeignExpected<'a> {
    pub issuer: &'a str,
    /// None where the issuer's tokens are for nobody in particular.
    pub audience: Option<&'a str>,
    /// Who may have asked for the token; any, where the list is empty.
    pub authorized_parties: &'a [String],
    pub now: Time,
}

/// Who is signed in at the issuer, and by which session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SessionClaims {
    iss: String,
    pub sub: String,
    pub exp: i64,
    pub iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    /// The issuer's session.
    #[serde(default)]
    pub sid: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    aud: Option<Audience>,
    /// The organisation that the session acts for (Clerk's tokens of version 2).
    #[serde(default)]
    o: Option<OrgClaim>,
    /// The same in tokens of version 1.
    #[serde(default)]
    org_id: Option<String>,
    #[serde(default)]
    org_role: Option<String>,
    #[serde(default)]
    org_slug: Option<String>,
}

/// An organisation of the issuer's, and what the person is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrgClaim {
    pub id: String,
    #[serde(rename = "rol")]
    pub role: String,
    #[serde(rename = "slg", default)]
    pub slug: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl ForeignKeys {
    /// Reads a JWK set (RFC 7517); keys that are not for RS256 are passed over.
    pub fn read(document: &[u8]) -> Option<Self> {
        let Published { keys } = serde_json::from_slice(document).ok()?;
        let named = keys.into_iter().take(MOST_KEYS).filter_map(Jwk::verifier);
        Some(Self(named.collect()))
    }

    pub fn knows(&self, token: &str) -> bool {
        kid(token).is_some_and(|kid| self.0.contains_key(&kid))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Jwk {
    fn verifier(self) -> Option<(String, DecodingKey)> {
        let signs = self.usage.is_none_or(|usage| usage == "sig");
        let fits = self.kty == "RSA" && self.alg.is_none_or(|alg| alg == "RS256");
        let decode = |text: Option<String>| BASE64URL.decode(text?).ok();
        let (modulus, exponent) = (decode(self.n)?, decode(self.e)?);
        let strong = modulus.len() * 8 >= FEWEST_BITS && exponent == EXPONENT;
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        (signs && fits && strong).then_some((self.kid?, key))
    }
}

/// The key that a token says it is signed with; nothing of it is believed yet.
fn kid(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    match header_of(header).ok()?.remove("kid")? {
        Value::String(kid) => Some(kid),
        _ => None,
    }
}

fn header_of(part: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = BASE64URL.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Header)
}

/// Returns who a token of the issuer names, if it is what it should be.
pub fn verify_foreign(
    text: &str,
    keys: &ForeignKeys,
    expected: ForeignExpected<'_>,
) -> Result<SessionClaims, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
    let decode = |part: &str| BASE64URL.decode(part).map_err(|_| Refusal::Malformed);
    let header = header_of(header)?;
    let text_of = |name: &str| header.get(name).and_then(Value::as_str);
    let typed = header.get("typ").is_none_or(|typ| typ == "JWT");
    if text_of("alg") != Some("RS256") || !typed || NEVER.iter().any(|it| header.contains_key(*it))
    {
        return Err(Refusal::Header);
    }
    let key = text_of("kid").and_then(|kid| keys.0.get(kid)).ok_or(Refusal::UnknownKey)?;
    let claims = decode(claims)?;
    decode(signature)?;
    match crypto::verify(signature, signed.as_bytes(), key, Algorithm::RS256) {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(Refusal::Signature),
    }
    let claims: SessionClaims = serde_json::from_slice(&claims).map_err(|_| Refusal::Claims)?;
    claims.judge(expected)?;
    Ok(claims)
}

impl SessionClaims {
    /// The organisation that the session acts for, if it acts for any.
    pub fn org(&self) -> Option<OrgClaim> {
        self.o.clone().or_else(|| {
            let (id, role) = (self.org_id.clone()?, self.org_role.clone()?);
            Some(OrgClaim { id, role, slug: self.org_slug.clone() })
        })
    }

    fn judge(&self, expected: ForeignExpected<'_>) -> Result<(), Refusal> {
        let dates = 1..1 << 53;
        let now = expected.now.timestamp();
        let named = |wanted: &str| match &self.aud {
            Some(Audience::One(one)) => one == wanted,
            Some(Audience::Many(many)) => many.iter().any(|one| one == wanted),
            None => false,
        };
        let parties = expected.authorized_parties;
        // A token without the claim was not asked for by a page (Clerk's rule).
        let party = |azp: &String| parties.is_empty() || parties.contains(azp);
        let begun = self.nbf.unwrap_or(self.iat);
        if self.iss != expected.issuer {
            Err(Refusal::Issuer)
        } else if !expected.audience.is_none_or(named) || !self.azp.as_ref().is_none_or(party) {
            Err(Refusal::Audience)
        } else if !dates.contains(&self.exp) || !dates.contains(&begun) || self.sub.is_empty() {
            Err(Refusal::Claims)
        } else if self.exp <= now {
            Err(Refusal::Expired)
        } else if begun > now + LEEWAY_S {
            Err(Refusal::NotYet)
        } else {
            Ok(())
        }
    }
}
