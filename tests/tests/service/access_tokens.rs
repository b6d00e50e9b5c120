//! Access tokens: what they say, who believes them, and what is no access token.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    jwk::JwkSet,
};
use serde_json::{Value, json};
use tests::{account::Person, client::Client, service::Service};

#[tokio::test]
async fn an_access_token_says_who_its_holder_is_and_what_they_may() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let claims = read(&client, person.client.bearer().unwrap()).await;
    assert_eq!(claims["iss"], "nexus-user-service");
    assert_eq!(claims["aud"], json!(["nexushub"]));
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!(claims["sub"], claims["user"]["id"].to_string());
    assert_eq!(claims["user"]["username"], json!(person.name));
    assert_eq!(claims["user"]["membership_roles"], json!(["member"]));
    assert_eq!(claims["user"]["premium_expiry"], 0);
    assert_eq!(claims["user"]["other_group_ids"], "");
    assert_eq!(claims["user"]["permissions"], json!({}));
    for number in ["/iat", "/exp", "/user/joined", "/user/group_id"] {
        assert!(claims.pointer(number).is_some_and(Value::is_u64), "{number}: {claims}");
    }
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert!(lifetime <= 3600, "{lifetime} s");
    let permissions = claims["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("tokens:read")), "{claims}");
    assert!(claims["jti"].is_string() && claims["fam"].is_string(), "{claims}");
}

#[tokio::test]
async fn the_key_set_may_be_kept_and_holds_no_private_part() {
    let client = Service::shared().await.client();
    let answer = client.get("/oauth/jwks").await.expect(200);
    assert!(answer.header("cache-control").contains("max-age="));
    assert!(!answer.header("etag").is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for key in answer.at("/keys").as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(members.iter().all(|it| ["kty", "n", "e", "kid", "alg", "use"].contains(it)));
        assert_eq!((&key["kty"], &key["alg"]), (&json!("RSA"), &json!("RS256")));
        assert!(key["n"].as_str().unwrap().len() >= 342, "fewer than 2048 bits");
    }
    let etag = answer.header("etag");
    let again = client.request(reqwest::Method::GET, "/oauth/jwks").header("if-none-match", etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_nobodys() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let genuine = person.client.bearer().unwrap().to_owned();
    let parts: Vec<&str> = genuine.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{genuine}") };
    let key_id = decode_header(&genuine).unwrap().kid.unwrap();
    let payload = base64_json(claims);
    let with = |member: &str, value: Value| {
        let mut changed = payload.clone();
        changed[member] = value;
        format!("{header}.{}.{signature}", base64url(changed.to_string().as_bytes()))
    };
    let under = |header: Value| {
        format!("{}.{claims}.{signature}", base64url(header.to_string().as_bytes()))
    };
    let forgeries = [
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{}", &signature[1..]),
        format!("{}.{claims}.", base64url(br#"{"alg":"none","typ":"JWT"}"#)),
        under(json!({ "alg": "none", "typ": "JWT", "kid": key_id })),
        under(json!({ "alg": "RS256", "typ": "JWT", "kid": "../../etc/passwd" })),
        under(json!({ "alg": "RS256", "typ": "JWT", "kid": key_id, "crit": ["b64"] })),
        under(json!({ "alg": "RS256", "typ": "JWT", "kid": key_id, "jku": "http://127.0.0.1/" })),
        under(json!({ "alg": "RS512", "typ": "JWT", "kid": key_id })),
        with("exp", json!(4_000_000_000_u64)),
        with("sub", json!("1")),
        with("user", json!({ "id": 1 })),
        hmac_with_public_key(&client, &key_id, &payload).await,
        signed_by_another(&key_id, &payload),
        "x".repeat(9000),
    ];
    for forgery in forgeries {
        let answer = client.with_bearer(&forgery).graphql(VIEWER, json!({})).await;
        assert_eq!(answer.status, 401, "{forgery}: {}", answer.text);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    person.graphql(VIEWER, json!({})).await.expect_data();
}

#[tokio::test]
async fn a_credential_of_another_kind_is_no_access_token() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let token = person.create_token("Desk").await.secret;
    client.graphql(VIEWER, json!({})).await.expect(401);
    for credential in [person.refresh_token.as_str(), &person.user_key, "x", &token] {
        let answer = client.with_bearer(credential).graphql(VIEWER, json!({})).await;
        assert!([401, 403].contains(&answer.status), "{}: {}", answer.status, answer.text);
    }
}

const VIEWER: &str = "{ viewer { user { id } } }";

/// Reads the claims as any other service would: with the published key alone.
async fn read(client: &Client, token: &str) -> Value {
    let keys: JwkSet = serde_json::from_str(&client.get("/oauth/jwks").await.text).unwrap();
    let key_id = decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&key_id).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["nexushub"]);
    decode::<Value>(token, &key, &validation).unwrap().claims
}

/// HS256 with the published key as the secret.
async fn hmac_with_public_key(client: &Client, key_id: &str, claims: &Value) -> String {
    let keys = client.get("/oauth/jwks").await.json;
    let modulus = keys["keys"][0]["n"].as_str().unwrap().to_owned();
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::HS256) };
    encode(&header, claims, &EncodingKey::from_secret(modulus.as_bytes())).unwrap()
}

/// RS256 under the right key's name, with a key of the forger's own.
fn signed_by_another(key_id: &str, claims: &Value) -> String {
    let forgers = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key_id }).to_string();
    let (header, claims) = (base64url(header.as_bytes()), base64url(claims.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let mut signature = vec![0; forgers.public_modulus_len()];
    let random = SystemRandom::new();
    forgers.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", base64url(&signature))
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn base64_json(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}
