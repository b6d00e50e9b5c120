//! Tests of what is believed: one good token of each shape, and all that is not quite one.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD as BASE64URL},
};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::*;
use crate::{
    page::{Asked, Place},
    revoked::{Entry, Kind},
};

const NOW: i64 = 1_754_389_598;

struct Issuer {
    pair: KeyPair,
    key: DecodingKey,
    config: Config,
}

impl Issuer {
    fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let key = DecodingKey::from_rsa_raw_components(&n, &e);
        Self { pair, key, config: Config::new("https://id.example", "nexushub", "nxv_x") }
    }

    fn signature(&self, signed: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        BASE64URL.encode(signature)
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims));
        format!("{signed}.{}", self.signature(&signed))
    }

    fn token(&self, typ: &str, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": typ, "kid": "k" });
        self.sign(&header.to_string(), &claims.to_string())
    }

    fn judge(&self, token: &str) -> Result<Access, Refusal> {
        let (header, claims) = Token::read(token)?.verified(&self.key)?;
        Claims::read(&claims)?.judge(&header, &self.config, NOW)
    }
}

/// Claims as an application's tokens have had them always.
fn compat() -> Value {
    json!({
        "application_id": 100, "exp": NOW + 21_600, "iat": NOW, "jti": "0198", "sub": "12345",
        "user": { "id": 12345 }, "iss": "nexus-user-service", "client_id": "public_test",
        "scope": "openid profile", "fam": "fam_1", "urev": 3,
    })
}

fn standard() -> Value {
    with(&compat(), json!({ "iss": "https://id.example", "aud": ["nexushub"], "auth_time": NOW }))
}

/// Claims as somebody's own tokens have them.
fn own() -> Value {
    let claims = json!({ "aud": ["nexushub"], "nbf": NOW, "client_id": null, "scope": null });
    with(&compat(), claims)
}

/// Claims with others in their place; `null` leaves one out.
fn with(claims: &Value, changes: Value) -> Value {
    let mut claims = claims.clone();
    let Value::Object(changes) = changes else { panic!("changes are claims") };
    for (name, value) in changes {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(&name);
        } else {
            claims[name] = value;
        }
    }
    claims
}

#[test]
fn a_token_of_each_shape_is_believed() {
    let issuer = Issuer::new();
    for (typ, claims) in [("JWT", compat()), ("at+jwt", standard()), ("JWT", own())] {
        let access = issuer.judge(&issuer.token(typ, &claims)).unwrap();
        assert_eq!((access.subject(), access.family()), ("12345", "fam_1"));
        assert!(access.allows("profile"));
    }
    let application = with(&compat(), json!({ "sub": "public_test", "urev": null, "user": null }));
    let access = issuer.judge(&issuer.token("JWT", &application)).unwrap();
    assert!(access.user().is_none() && access.require("graphql").is_err());
}

#[test]
fn a_header_has_three_members_and_no_other() {
    let issuer = Issuer::new();
    let claims = compat().to_string();
    for header in [
        r#"{"alg":"none","typ":"JWT","kid":"k"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"k"}"#,
        r#"{"alg":"PS256","typ":"JWT","kid":"k"}"#,
        r#"{"alg":"RS384","typ":"JWT","kid":"k"}"#,
        r#"{"alg":"rs256","typ":"JWT","kid":"k"}"#,
        r#"{"alg":"RS256","kid":"k"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"logout+jwt","kid":"k"}"#,
        r#"{"alg":"RS256","typ":"revocations","kid":"k"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":1}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"k","crit":["exp"]}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"k","jku":"https://evil.example"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"k","jwk":{}}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"k","x5u":"https://evil.example"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"k","x5c":[]}"#,
        r#"{"alg":"none","alg":"RS256","typ":"JWT","kid":"k"}"#,
    ] {
        let refused = issuer.judge(&issuer.sign(header, &claims)).unwrap_err();
        assert_eq!(refused, Why::Header.into(), "{header}");
    }
}

#[test]
fn every_claim_is_there_and_of_its_type() {
    let issuer = Issuer::new();
    let shapes = [("JWT", compat()), ("at+jwt", standard()), ("JWT", own())];
    for (typ, claims) in &shapes {
        for name in ["iss", "sub", "jti", "exp", "iat", "fam"] {
            for wrong in [Value::Null, json!(["a"]), json!({}), json!(1.5), json!(true)] {
                let wrong = with(claims, json!({ name: wrong }));
                assert!(issuer.judge(&issuer.token(typ, &wrong)).is_err(), "{typ} {wrong}");
            }
        }
        for dates in [0, -1, 1 << 53, i64::MAX] {
            let wrong = with(claims, json!({ "exp": dates }));
            assert!(issuer.judge(&issuer.token(typ, &wrong)).is_err(), "{wrong}");
        }
        let twice = claims.to_string().replacen('{', "{\"sub\":\"1\",", 1);
        let header = json!({ "alg": "RS256", "typ": typ, "kid": "k" }).to_string();
        assert!(issuer.judge(&issuer.sign(&header, &twice)).is_err());
        let huge = claims.to_string().replacen('{', "{\"nbf\":1e30,", 1);
        assert!(issuer.judge(&issuer.sign(&header, &huge)).is_err());
    }
}

#[test]
fn a_token_is_for_this_audience_by_this_issuer_and_an_access_token() {
    let issuer = Issuer::new();
    for (typ, claims, changes, why) in [
        ("JWT", compat(), json!({ "iss": "https://id.example" }), Why::Issuer),
        ("JWT", compat(), json!({ "aud": ["nexushub"] }), Why::Audience),
        ("JWT", compat(), json!({ "urev": null }), Why::Claims),
        ("JWT", compat(), json!({ "scope": null }), Why::Claims),
        ("at+jwt", standard(), json!({ "iss": "nexus-user-service" }), Why::Issuer),
        ("at+jwt", standard(), json!({ "aud": null }), Why::Audience),
        ("at+jwt", standard(), json!({ "aud": [] }), Why::Audience),
        ("at+jwt", standard(), json!({ "aud": ["other"] }), Why::Audience),
        ("at+jwt", standard(), json!({ "aud": ["nexushub", "other"] }), Why::Audience),
        ("at+jwt", standard(), json!({ "aud": "nexushub" }), Why::Claims),
        ("at+jwt", standard(), json!({ "client_id": null }), Why::Claims),
        ("JWT", own(), json!({ "aud": null }), Why::Audience),
        ("JWT", own(), json!({ "nbf": null }), Why::Claims),
        ("JWT", own(), json!({ "nbf": NOW + 31 }), Why::NotYet),
        ("JWT", compat(), json!({ "iat": NOW + 31 }), Why::NotYet),
        ("JWT", compat(), json!({ "exp": NOW }), Why::Expired),
        // An `id_token`.
        ("JWT", standard(), json!({ "aud": "public_test", "fam": null }), Why::Claims),
    ] {
        let claims = with(&claims, changes);
        let refused = issuer.judge(&issuer.token(typ, &claims)).unwrap_err();
        assert_eq!(refused, why.into(), "{typ} {claims}");
    }
}

#[test]
fn a_token_is_read_to_the_last_bit() {
    let issuer = Issuer::new();
    let token = issuer.token("JWT", &compat());
    for (place, character) in token.char_indices() {
        let other = if character == 'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..place], &token[place + 1..]);
        assert!(issuer.judge(&changed).is_err(), "{place}");
        assert!(issuer.judge(&token[..place]).is_err(), "{place}");
    }
    for wrong in [format!("{token}="), format!("{token} "), format!("{token}.a"), String::new()] {
        assert!(issuer.judge(&wrong).is_err(), "{wrong}");
    }
    let padded = format!("{}.{}", URL_SAFE.encode("{}"), BASE64URL.encode("{}"));
    assert!(issuer.judge(&format!("{padded}.{}", issuer.signature(&padded))).is_err());
    let long = with(&compat(), json!({ "user": "x".repeat(8 * 1024) }));
    assert_eq!(issuer.judge(&issuer.token("JWT", &long)).unwrap_err(), Why::Malformed.into());
    let other = Issuer::new();
    assert_eq!(other.judge(&token).unwrap_err(), Why::Signature.into());
}

fn entry(kind: Kind, id: &str) -> Entry {
    Entry { kind, id: id.into(), exp: i64::MAX, reason: "user".into(), rev: None }
}

#[test]
fn what_was_revoked_is_refused_by_whatever_names_it() {
    let issuer = Issuer::new();
    let access = issuer.judge(&issuer.token("JWT", &compat())).unwrap();
    let known = |entries: Vec<Entry>| {
        let revoked = Revoked::new(10, Duration::from_secs(30));
        revoked.take(entries);
        revoked.is_complete(Duration::ZERO);
        revoked.check("k", &access)
    };
    let user = |rev| Entry { rev: Some(rev), ..entry(Kind::User, "12345") };
    let revoked = Err(Why::Revoked.into());
    assert_eq!(known(vec![]), Ok(()));
    for names in [
        entry(Kind::AccessToken, "0198"),
        entry(Kind::TokenFamily, "fam_1"),
        entry(Kind::Client, "public_test"),
        entry(Kind::SigningKey, "k"),
        entry(Kind::User, "12345"),
        user(4),
    ] {
        assert_eq!(known(vec![names.clone()]), revoked, "{names:?}");
    }
    for others in [
        entry(Kind::AccessToken, "12345"),
        entry(Kind::User, "public_test"),
        entry(Kind::Other, "0198"),
        user(3),
    ] {
        assert_eq!(known(vec![others.clone()]), Ok(()), "{others:?}");
    }
    let client = entry(Kind::Client, "public_test");
    let reinstated = Entry { reason: "reinstated".into(), ..client.clone() };
    assert_eq!(known(vec![client, reinstated]), Ok(()));
}

#[test]
fn without_word_from_the_feed_nothing_is_believed() {
    let issuer = Issuer::new();
    let access = issuer.judge(&issuer.token("JWT", &compat())).unwrap();
    let revoked = Revoked::new(2, Duration::from_secs(30));
    let unavailable = Err(Refusal::Unavailable);
    assert_eq!(revoked.check("k", &access), unavailable);
    revoked.is_complete(Duration::from_secs(31));
    assert_eq!(revoked.check("k", &access), unavailable);
    revoked.is_complete(Duration::ZERO);
    assert_eq!(revoked.check("k", &access), Ok(()));
    // More than may be kept.
    revoked.take((0..3).map(|id| entry(Kind::AccessToken, &id.to_string())).collect());
    revoked.is_complete(Duration::ZERO);
    assert_eq!(revoked.check("k", &access), unavailable);
}

#[test]
fn a_page_is_the_issuers_of_now_and_from_where_it_was_asked_for() {
    let issuer = Issuer::new();
    let text =
        "{\"cursor\":\"b\",\"kind\":\"CLIENT\",\"id\":\"a\",\"exp\":1,\"at\":1,\"reason\":\"x\"}\n";
    let page = |changes: Value, text: &str| {
        let place = json!({ "alg": "RS256", "typ": "revocations", "kid": "k", "last": true,
            "iss": "https://id.example", "iat": NOW, "after": "a", "next": "b" });
        let header = BASE64URL.encode(with(&place, changes).to_string());
        let signed = format!("{header}.{}", BASE64URL.encode(text));
        format!("{header}..{}", issuer.signature(&signed))
    };
    let asked = Asked { issuer: "https://id.example", after: "a", now: NOW };
    let entries =
        |signature: &str| Place::read(signature)?.entries(text, signature, &issuer.key, &asked);
    let good = page(json!({}), text);
    assert_eq!(entries(&good).unwrap().len(), 1);
    for changes in [
        json!({ "typ": "JWT" }),
        json!({ "alg": "none" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iat": NOW - 61 }),
        json!({ "after": "" }),
        json!({ "last": null }),
        json!({ "crit": ["b64"] }),
    ] {
        assert!(entries(&page(changes.clone(), text)).is_err(), "{changes}");
    }
    assert!(entries(&page(json!({}), "")).is_err(), "an entry is missing");
    assert!(entries(&good.replace("..", ".")).is_err());
    assert!(entries("").is_err());
}
