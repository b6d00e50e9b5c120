//! The issuer's public keys, kept for as long as their answer allows (RFC 7517).

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::DecodingKey;
use reqwest::header::CACHE_CONTROL;
use serde::Deserialize;
use tokio::{sync::Mutex, time};
use url::Url;

use crate::{ConnectError, PATIENCE, Refusal, discovery::bounded};

/// However many unknown keys are named, the issuer is not asked for them oftener.
const REST: Duration = Duration::from_secs(5);
/// The pause after keys could not be fetched.
const PAUSE: Duration = Duration::from_secs(1);
/// How long keys are kept where the answer does not say, and at most.
const MAX_AGE: Duration = Duration::from_mins(5);
const LONGEST: usize = 256 * 1024;
const MOST_KEYS: usize = 32;
/// Below this a modulus can be factored (RFC 7518 3.3).
const FEWEST_BITS: usize = 2048;
/// 65537, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];

type Held = HashMap<String, Arc<DecodingKey>>;

pub(crate) struct Keys {
    http: reqwest::Client,
    uri: Url,
    held: RwLock<Held>,
    asked: Mutex<Asked>,
}

/// When a key that was not known was looked for last.
#[derive(Default)]
struct Asked {
    at: Option<Instant>,
    failed: bool,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
}

impl Keys {
    pub(crate) fn new(http: reqwest::Client, uri: Url) -> Self {
        Self { http, uri, held: RwLock::default(), asked: Mutex::default() }
    }

    /// The key of that name; looked for at the issuer where it is not known.
    pub(crate) async fn find(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>, Refusal> {
        if let Some(key) = self.held(kid) {
            return Ok(Some(key));
        }
        let mut asked = self.asked.lock().await;
        // Somebody else may have looked while we waited.
        let known = self.held(kid);
        if known.is_some() || asked.at.is_some_and(|at| at.elapsed() < REST) {
            return if asked.failed { Err(Refusal::Unavailable) } else { Ok(known) };
        }
        asked.at = Some(Instant::now());
        asked.failed = self.fetch().await.is_err();
        if asked.failed { Err(Refusal::Unavailable) } else { Ok(self.held(kid)) }
    }

    /// Fetches the keys; tells how long they may be kept.
    pub(crate) async fn fetch(&self) -> Result<Duration, ConnectError> {
        let request = self.http.get(self.uri.clone()).timeout(PATIENCE);
        let response = request.send().await?.error_for_status()?;
        let mut lines = response.headers().get_all(CACHE_CONTROL).iter();
        let max_age = lines.find_map(|line| max_age(line.to_str().ok()?));
        let held = read(&bounded(response, LONGEST).await?)?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(max_age.unwrap_or(MAX_AGE).clamp(PAUSE, MAX_AGE))
    }

    /// Fetches the keys again and again, whenever they are as old as they may be.
    pub(crate) async fn keep(&self, mut max_age: Duration) {
        loop {
            time::sleep(max_age).await;
            max_age = match self.fetch().await {
                Ok(max_age) => max_age,
                Err(error) => {
                    tracing::warn!(%error, "the issuer's keys could not be fetched");
                    PAUSE
                }
            };
        }
    }

    fn held(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }
}

/// Reads a key set; what is not for RS256 is passed over.
fn read(document: &[u8]) -> Result<Held, ConnectError> {
    let read = serde_json::from_slice::<Document>(document);
    let Document { keys } = read.map_err(|_| ConnectError::Answer("it is no key set"))?;
    Ok(keys.into_iter().take(MOST_KEYS).filter_map(Jwk::verifier).collect())
}

impl Jwk {
    fn verifier(self) -> Option<(String, Arc<DecodingKey>)> {
        let signs = self.usage.is_none_or(|usage| usage == "sig");
        let fits = self.kty == "RSA" && self.alg.is_none_or(|alg| alg == "RS256");
        let decode = |text: Option<String>| BASE64URL.decode(text?).ok();
        let (modulus, exponent) = (decode(self.n)?, decode(self.e)?);
        let strong = modulus.len() * 8 >= FEWEST_BITS && exponent == EXPONENT;
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        (signs && fits && strong).then_some((self.kid?, Arc::new(key)))
    }
}

fn max_age(cache_control: &str) -> Option<Duration> {
    let mut directives = cache_control.split(',').map(str::trim);
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_keys_and_keys_for_something_else_are_passed_over() {
        let modulus = BASE64URL.encode([255; 256]);
        let key = |changes: &str| format!(r#"{{"kid":"k","n":"{modulus}","e":"AQAB",{changes}}}"#);
        let known = |keys: &str| read(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap().len();
        assert_eq!(known(&key(r#""kty":"RSA","use":"sig","alg":"RS256""#)), 1);
        assert_eq!(known(&key(r#""kty":"RSA""#)), 1);
        for other in
            [r#""kty":"oct""#, r#""kty":"RSA","use":"enc""#, r#""kty":"RSA","alg":"PS256""#]
        {
            assert_eq!(known(&key(other)), 0, "{other}");
        }
        let short = BASE64URL.encode([255; 128]);
        assert_eq!(known(&format!(r#"{{"kty":"RSA","kid":"k","n":"{short}","e":"AQAB"}}"#)), 0);
        assert_eq!(known(&format!(r#"{{"kty":"RSA","kid":"k","n":"{modulus}","e":"Aw"}}"#)), 0);
        assert!(read(b"{}").is_err());
    }

    #[test]
    fn keys_are_kept_for_as_long_as_the_answer_says() {
        assert_eq!(max_age("public, max-age=60"), Some(Duration::from_mins(1)));
        assert_eq!(max_age("no-store"), None);
    }
}
