//! Keys: RSA, parsed once, of at least 2048 bits and the exponent 65537.

use std::{collections::HashMap, fmt};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    error::{KeyRejected, Unspecified},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicEncryptingKey, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use bytes::Bytes;
use domain::{
    Secret,
    keyring::{Key, KeyState, Keyring, Kid, PublicJwk},
};
use jsonwebtoken::DecodingKey;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::config::RsaBits;

/// Below this a modulus can be factored (RFC 7518 3.3).
const FEWEST_BITS: usize = 2048;
/// 65537, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Why a key is of no use; says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the cryptographic library failed")]
    Library(#[from] Unspecified),
    #[error("the key was rejected")]
    Rejected(#[from] KeyRejected),
    #[error("the key has fewer than 2048 bits, or an exponent other than 65537")]
    Weak,
    #[error("the private key does not belong to the public one")]
    Mismatch,
    #[error("the claims are no JSON")]
    Claims(#[source] serde_json::Error),
}

/// A private key that signs.
pub struct Signer {
    kid: Kid,
    pair: KeyPair,
}

impl Signer {
    /// Makes a new key; some tenths of a second of work.
    pub fn generate(bits: RsaBits) -> Result<Self, KeyError> {
        Self::of(KeyPair::generate(match bits {
            RsaBits::Rsa2048 => KeySize::Rsa2048,
            RsaBits::Rsa3072 => KeySize::Rsa3072,
        })?)
    }

    /// Reads a key that was kept, and makes sure it is the private half of `public`.
    pub fn from_pkcs8(pkcs8: &Secret<Vec<u8>>, public: &PublicJwk) -> Result<Self, KeyError> {
        let signer = Self::of(KeyPair::from_pkcs8(pkcs8.expose())?)?;
        if signer.public() == *public { Ok(signer) } else { Err(KeyError::Mismatch) }
    }

    fn of(pair: KeyPair) -> Result<Self, KeyError> {
        let components = PublicKeyComponents::from(pair.public_key());
        if pair.public_modulus_len() * 8 < FEWEST_BITS || components.e != EXPONENT {
            return Err(KeyError::Weak);
        }
        let kid = thumbprint(&public_jwk(&components));
        Ok(Self { kid, pair })
    }

    /// The form in which the key is kept.
    pub fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der()?;
        Ok(Secret::new(der.as_ref().to_vec()))
    }

    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    pub fn public(&self) -> PublicJwk {
        public_jwk(&PublicKeyComponents::from(self.pair.public_key()))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(in crate::app) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.kid)
    }
}

/// The keys of a moment: one that signs, those that are believed, and how they are published.
pub struct KeySet {
    pub signer: Option<Signer>,
    verifiers: HashMap<Kid, DecodingKey>,
    /// The JWK set (RFC 7517).
    pub jwks: Bytes,
    /// The same keys as PEM, the active one first.
    pub pem: String,
    /// Its strong entity tag, quotes included.
    pub etag: String,
}

impl KeySet {
    pub fn new(keyring: &Keyring, signer: Option<Signer>) -> Result<Self, KeyError> {
        let published = || keyring.published();
        let verifiers = published()
            .map(|key| Ok((key.kid.clone(), verifier(&key.public_jwk)?)))
            .collect::<Result<_, KeyError>>()?;
        let keys: Vec<_> = published().map(member).collect();
        let jwks = Bytes::from(json!({ "keys": keys }).to_string());
        let etag = format!("\"{}\"", BASE64URL.encode(&Sha256::digest(&jwks)[..16]));
        let pem = pem(keyring)?;
        Ok(Self { signer, verifiers, jwks, pem, etag })
    }

    pub(super) fn verifier(&self, kid: &Kid) -> Option<&DecodingKey> {
        self.verifiers.get(kid)
    }
}

fn verifier(PublicJwk::Rsa { n, e }: &PublicJwk) -> Result<DecodingKey, KeyError> {
    let decode = |text: &str| BASE64URL.decode(text).map_err(|_| KeyError::Weak);
    let (modulus, exponent) = (decode(n)?, decode(e)?);
    if modulus.len() * 8 < FEWEST_BITS || exponent != EXPONENT {
        return Err(KeyError::Weak);
    }
    Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

/// `SubjectPublicKeyInfo` in lines of 64 (RFC 7468), the active key first.
fn pem(keyring: &Keyring) -> Result<String, KeyError> {
    let mut keys: Vec<_> = keyring.published().collect();
    keys.sort_by_key(|key| key.state != KeyState::Active);
    let mut text = String::new();
    for PublicJwk::Rsa { n, e } in keys.into_iter().map(|key| &key.public_jwk) {
        let decode = |text: &str| BASE64URL.decode(text).map_err(|_| KeyError::Weak);
        let components = PublicKeyComponents { n: decode(n)?, e: decode(e)? };
        let key: PublicEncryptingKey = components.try_into()?;
        let der: PublicKeyX509Der<'_> = key.as_der()?;
        let body = BASE64.encode(der.as_ref());
        text.push_str("-----BEGIN PUBLIC KEY-----\n");
        for line in body.as_bytes().chunks(64) {
            text.extend(line.iter().copied().map(char::from));
            text.push('\n');
        }
        text.push_str("-----END PUBLIC KEY-----\n");
    }
    Ok(text)
}

fn member(key: &Key) -> serde_json::Value {
    let PublicJwk::Rsa { n, e } = &key.public_jwk;
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": n, "e": e })
}

pub fn public_jwk(components: &PublicKeyComponents<Vec<u8>>) -> PublicJwk {
    PublicJwk::Rsa { n: BASE64URL.encode(&components.n), e: BASE64URL.encode(&components.e) }
}

/// The key's name by RFC 7638: SHA-256 of its required members in their order.
pub fn thumbprint(PublicJwk::Rsa { n, e }: &PublicJwk) -> Kid {
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    Kid::new(BASE64URL.encode(Sha256::digest(canonical)))
}
