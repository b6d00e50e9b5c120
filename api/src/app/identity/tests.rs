use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::DateTime;
use domain::keyring::PublicJwk;
use serde_json::{Value, json};

use super::*;
use crate::{app::jwt::Signer, config::RsaBits};

const ISSUER: &str = "https://clerk.example";

fn key() -> Signer {
    Signer::generate(RsaBits::Rsa2048).unwrap()
}

fn published(signer: &Signer) -> ForeignKeys {
    let PublicJwk::Rsa { n, e } = signer.public();
    let keys = json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": n, "e": e }] });
    ForeignKeys::read(keys.to_string().as_bytes()).unwrap()
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "one", "typ": "JWT", "cat": "cl_B7d4PD111AAA" })
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "user_1", "sid": "sess_1", "azp": "https://app.example",
        "iat": 1_000, "nbf": 990, "exp": 1_060 })
}

fn token(signer: &Signer, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64URL.encode(part.to_string());
    let body = format!("{}.{}", encode(header), encode(claims));
    let signature = BASE64URL.encode(signer.sign(body.as_bytes()).unwrap());
    format!("{body}.{signature}")
}

fn judge(text: &str, keys: &ForeignKeys, parties: &[String]) -> Result<String, Refusal> {
    let now = DateTime::from_timestamp(1_030, 0).unwrap();
    let expected =
        ForeignExpected { issuer: ISSUER, audience: None, authorized_parties: parties, now };
    verify_foreign(text, keys, expected).map(|claims| claims.sub)
}

#[test]
fn a_session_names_its_person() {
    let signer = key();
    let text = token(&signer, &header(), &claims());
    let parties = ["https://app.example".to_owned()];
    assert_eq!(judge(&text, &published(&signer), &parties).as_deref(), Ok("user_1"));
    assert!(published(&signer).knows(&text));
}

#[test]
fn whatever_is_wrong_with_a_session_it_is_none() {
    let (signer, keys) = (key(), published(&key()));
    let ours = published(&signer);
    let text = token(&signer, &header(), &claims());
    assert_eq!(judge(&text, &keys, &[]), Err(Refusal::Signature));
    let elsewhere = ["https://evil.example".to_owned()];
    assert_eq!(judge(&text, &ours, &elsewhere), Err(Refusal::Audience));
    for (member, value, why) in [
        ("alg", json!("none"), Refusal::Header),
        ("alg", json!("HS256"), Refusal::Header),
        ("kid", json!("two"), Refusal::UnknownKey),
        ("typ", json!("at+jwt"), Refusal::Header),
        ("jku", json!("https://evil.example"), Refusal::Header),
        ("jwk", json!({}), Refusal::Header),
        ("crit", json!([]), Refusal::Header),
    ] {
        let mut header = header();
        header[member] = value;
        let text = token(&signer, &header, &claims());
        assert_eq!(judge(&text, &ours, &[]), Err(why), "{member}");
    }
    for (member, value, why) in [
        ("iss", json!("https://clerk.example/"), Refusal::Issuer),
        ("iss", json!([ISSUER]), Refusal::Claims),
        ("sub", json!(1), Refusal::Claims),
        ("sub", json!(""), Refusal::Claims),
        ("exp", json!(1_030), Refusal::Expired),
        ("exp", json!(1e30), Refusal::Claims),
        ("exp", json!(-1), Refusal::Claims),
        ("nbf", json!(1_061), Refusal::NotYet),
    ] {
        let mut claims = claims();
        claims[member] = value;
        let text = token(&signer, &header(), &claims);
        assert_eq!(judge(&text, &ours, &[]), Err(why), "{member}");
    }
    for missing in ["iss", "sub", "exp", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(missing);
        let text = token(&signer, &header(), &claims);
        assert_eq!(judge(&text, &ours, &[]), Err(Refusal::Claims), "{missing}");
    }
}

#[test]
fn keys_that_are_too_weak_or_for_something_else_are_passed_over() {
    let PublicJwk::Rsa { n, e } = key().public();
    for wrong in [
        json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": e }),
        json!({ "kty": "RSA", "kid": "a", "n": n, "e": "Aw" }),
        json!({ "kty": "RSA", "kid": "a", "use": "enc", "n": n, "e": e }),
        json!({ "kty": "RSA", "kid": "a", "alg": "RS512", "n": n, "e": e }),
        json!({ "kty": "oct", "kid": "a", "k": "c2VjcmV0" }),
        json!({ "kty": "RSA", "n": n, "e": e }),
    ] {
        let keys = ForeignKeys::read(json!({ "keys": [wrong] }).to_string().as_bytes()).unwrap();
        assert!(keys.is_empty());
    }
    assert!(ForeignKeys::read(b"<html>").is_none());
}

/// The example of the Standard Webhooks specification and of its authors' libraries.
#[test]
fn the_published_signature_is_ours() {
    let webhook = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let signature = webhook.sign(id, 1_614_265_330, br#"{"test": 2432232314}"#).unwrap();
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_message_is_read_as_clerk_writes_it() {
    let body = json!({ "type": "user.updated", "object": "event", "data": {
        "id": "user_1", "updated_at": 1_654_012_591_835_i64, "username": null,
        "first_name": "Ada", "last_name": "Lovelace", "image_url": "https://img.clerk.com/x",
        "primary_email_address_id": "idn_2",
        "email_addresses": [
            { "id": "idn_1", "email_address": "old@example.org" },
            { "id": "idn_2", "email_address": "ada@example.org" } ] } });
    let WebhookEvent::UserSaid { sub, said } =
        WebhookEvent::read(body.to_string().as_bytes()).unwrap()
    else {
        panic!("it says something of a person")
    };
    assert_eq!((sub.as_str(), said.banned), ("user_1", false));
    assert_eq!(said.profile.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(said.profile.email.as_deref(), Some("ada@example.org"));
    assert_eq!(said.updated_at.timestamp_millis(), 1_654_012_591_835);
    let other = WebhookEvent::read(br#"{"type":"email.created","data":{}}"#).unwrap();
    assert!(matches!(other, WebhookEvent::Other));
    assert!(WebhookEvent::read(br#"{"type":"user.updated","data":{"id":1}}"#).is_err());
    assert!(WebhookEvent::read(b"<html>").is_err());
}
