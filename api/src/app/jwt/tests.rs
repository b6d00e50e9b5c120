use chrono::{DateTime, TimeDelta};
use domain::{Aggregate, id::VaultRef, keyring};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::config::RsaBits;

struct Ring {
    keys: KeySet,
}

impl Ring {
    fn new() -> Self {
        let signer = Signer::generate(RsaBits::Rsa2048).unwrap();
        let announced = keyring::Event::Announced {
            kid: signer.kid().clone(),
            public_jwk: signer.public(),
            activates_at: now(),
            provider_ref: VaultRef::from_uuid(Uuid::nil()),
        };
        let keyring = keyring::Keyring::default().evolve(&announced, now());
        Self { keys: KeySet::new(&keyring, Some(signer)).unwrap() }
    }

    fn signer(&self) -> &Signer {
        self.keys.signer.as_ref().unwrap()
    }

    fn token(&self, claims: &Value) -> String {
        sign(claims, self.signer()).unwrap().expose().clone()
    }

    /// A token with a header of our own making, signed all the same.
    fn forge(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims));
        let signature = self.signer().sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL.encode(signature))
    }

    fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.signer().kid() })
    }

    fn judge(&self, text: &str) -> Result<Value, Refusal> {
        let expected = Expected { issuer: "keyledger", audience: "nexushub", now: now() };
        verify(text, &self.keys, expected)
    }
}

fn now() -> Time {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "keyledger", "aud": ["nexushub"], "sub": "1", "jti": Uuid::nil(),
        "iat": now().timestamp(), "nbf": now().timestamp(),
        "exp": (now() + TimeDelta::hours(1)).timestamp(),
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[member] = value;
    claims
}

#[test]
fn what_we_signed_is_what_we_believe() {
    let ring = Ring::new();
    assert_eq!(ring.judge(&ring.token(&claims())), Ok(claims()));
}

#[test]
fn any_flipped_bit_is_refused() {
    let ring = Ring::new();
    let token = ring.token(&claims());
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut forged = token.clone().into_bytes();
            forged[place] ^= 1 << bit;
            let forged = String::from_utf8(forged).unwrap();
            assert!(ring.judge(&forged).is_err(), "bit {bit} of character {place}");
        }
    }
}

#[test]
fn no_other_algorithm_is_believed() {
    let ring = Ring::new();
    let claims = claims().to_string();
    for algorithm in ["none", "None", "HS256", "RS512", "PS256", "ES256", "rs256", ""] {
        let mut header = ring.header();
        header["alg"] = json!(algorithm);
        assert_eq!(ring.judge(&ring.forge(&header.to_string(), &claims)), Err(Refusal::Header));
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let ring = Ring::new();
    let mut header = ring.header();
    header["alg"] = json!("HS256");
    let signed = format!(
        "{}.{}",
        BASE64URL.encode(header.to_string()),
        BASE64URL.encode(claims().to_string())
    );
    let PublicPem(pem) = PublicPem::of(ring.signer());
    for secret in [pem.as_bytes(), &ring.keys.jwks[..]] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        let token = format!("{signed}.{}", BASE64URL.encode(tag));
        assert_eq!(ring.judge(&token), Err(Refusal::Header));
    }
}

/// The public key as a text that an attacker can fetch.
struct PublicPem(String);

impl PublicPem {
    fn of(signer: &Signer) -> Self {
        let keyring::PublicJwk::Rsa { n, .. } = signer.public();
        Self(format!("-----BEGIN PUBLIC KEY-----\n{n}\n-----END PUBLIC KEY-----\n"))
    }
}

#[test]
fn a_header_says_three_things_and_no_more() {
    let ring = Ring::new();
    let claims = claims().to_string();
    for extra in ["crit", "jku", "jwk", "x5u", "x5c", "x5t", "b64", "cty", "zip"] {
        let mut header = ring.header();
        header[extra] = json!(["exp"]);
        let refusal = ring.judge(&ring.forge(&header.to_string(), &claims));
        assert_eq!(refusal, Err(Refusal::Header), "{extra}");
    }
    for missing in ["alg", "typ", "kid"] {
        let mut header = ring.header();
        header.as_object_mut().unwrap().remove(missing);
        let refusal = ring.judge(&ring.forge(&header.to_string(), &claims));
        assert_eq!(refusal, Err(Refusal::Header), "{missing}");
    }
    let mut header = ring.header();
    header["typ"] = json!("at+jwt");
    assert_eq!(ring.judge(&ring.forge(&header.to_string(), &claims)), Err(Refusal::Header));
}

#[test]
fn nothing_is_said_twice() {
    let ring = Ring::new();
    let (kid, good) = (ring.signer().kid(), claims().to_string());
    let header = format!(r#"{{"alg":"none","alg":"RS256","typ":"JWT","kid":"{kid}"}}"#);
    assert_eq!(ring.judge(&ring.forge(&header, &good)), Err(Refusal::Header));
    for member in ["iss", "aud", "sub", "exp", "nbf", "iat"] {
        let twice = good.replacen('{', &format!("{{\"{member}\":{},", claims()[member]), 1);
        let refusal = ring.judge(&ring.forge(&ring.header().to_string(), &twice));
        assert_eq!(refusal, Err(Refusal::Claims), "{member}");
    }
}

#[test]
fn a_key_we_did_not_publish_is_unknown() {
    let (ring, other) = (Ring::new(), Ring::new());
    assert_eq!(ring.judge(&other.token(&claims())), Err(Refusal::UnknownKey));
    for kid in ["", "../../etc/passwd", "' or 1=1 --", "https://evil.example/key"] {
        let mut header = ring.header();
        header["kid"] = json!(kid);
        let forged = ring.forge(&header.to_string(), &claims().to_string());
        assert_eq!(ring.judge(&forged), Err(Refusal::UnknownKey));
    }
    let mut header = ring.header();
    header["kid"] = json!(other.signer().kid());
    assert!(ring.judge(&ring.forge(&header.to_string(), &claims().to_string())).is_err());
}

#[test]
fn every_claim_is_required_and_of_one_type() {
    let ring = Ring::new();
    for member in ["iss", "aud", "sub", "exp", "nbf", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(member);
        assert_eq!(ring.judge(&ring.token(&claims)), Err(Refusal::Claims), "{member}");
        for wrong in [json!(null), json!({}), json!(true), json!(1.5), json!(["evil", 1])] {
            assert!(ring.judge(&ring.token(&with(member, wrong.clone()))).is_err(), "{wrong}");
        }
    }
}

#[test]
fn issuer_and_audience_are_ours_and_nobody_elses() {
    let ring = Ring::new();
    for issuer in [json!("evil"), json!(["evil", "keyledger"]), json!("keyledger ")] {
        assert!(ring.judge(&ring.token(&with("iss", issuer))).is_err());
    }
    for audience in [json!([]), json!("nexushub"), json!(["nexushub", "evil"]), json!(["evil"])] {
        assert!(ring.judge(&ring.token(&with("aud", audience))).is_err());
    }
}

#[test]
fn dates_are_whole_seconds_and_are_kept_to() {
    let ring = Ring::new();
    let second = now().timestamp();
    assert_eq!(ring.judge(&ring.token(&with("exp", json!(second)))), Err(Refusal::Expired));
    assert_eq!(ring.judge(&ring.token(&with("exp", json!(second - 50)))), Err(Refusal::Expired));
    assert!(ring.judge(&ring.token(&with("nbf", json!(second + 30)))).is_ok());
    assert_eq!(ring.judge(&ring.token(&with("nbf", json!(second + 31)))), Err(Refusal::NotYet));
    let text = claims().to_string();
    let exp = claims()["exp"].to_string();
    for absurd in ["-1", "0", "1e30", "1.8e9", "9007199254740992", "99999999999999999999", "\"1\""]
    {
        let forged = ring.forge(&ring.header().to_string(), &text.replace(&exp, absurd));
        assert!(ring.judge(&forged).is_err(), "{absurd}");
    }
}

#[test]
fn what_is_no_token_is_refused_unread() {
    let ring = Ring::new();
    let token = ring.token(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    for odd in [
        String::new(),
        ".".into(),
        "..".into(),
        format!("{header}.{body}"),
        format!("{header}.{body}."),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{header}=.{body}.{signature}"),
        format!("{header}.{body}.{signature}="),
        format!(" {token}"),
        "a".repeat(9 * 1024),
    ] {
        assert!(ring.judge(&odd).is_err(), "{odd}");
    }
}

#[test]
fn a_weak_or_foreign_key_is_not_loaded() {
    let (one, other) = (Ring::new(), Ring::new());
    let kept = one.signer().to_pkcs8().unwrap();
    assert!(Signer::from_pkcs8(&kept, &one.signer().public()).is_ok());
    let foreign = Signer::from_pkcs8(&kept, &other.signer().public());
    assert!(matches!(foreign, Err(KeyError::Mismatch)));
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    // The example of RFC 7638 3.1.
    let jwk = keyring::PublicJwk::Rsa {
        n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ\
            ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FD\
            W2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4v\
            MQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
            .into(),
        e: "AQAB".into(),
    };
    assert_eq!(thumbprint(&jwk).as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
