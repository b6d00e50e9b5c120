//! An identity provider as Clerk is one: its keys, its sessions, its signed messages.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{answer::Answer, client::Client, setup::Setup};

/// 24 bytes that say what they are for.
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An identity provider.
pub struct Clerk {
    issuer: String,
    kid: String,
    key: KeyPair,
    folder: TempDir,
}

/// Somebody who is signed in there.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: String,
    pub session: String,
}

impl Clerk {
    /// One whose keys lie in a file.
    ///
    /// # Panics
    ///
    /// If no key can be made.
    pub fn new() -> Self {
        Self::at("https://clerk.example")
    }

    /// One that is reached at an address.
    ///
    /// # Panics
    ///
    /// If no key can be made.
    pub fn at(issuer: &str) -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let folder = tempfile::tempdir().expect("a folder");
        Self { issuer: issuer.to_owned(), kid: fresh("ins"), key, folder }
    }

    /// Its keys, as it publishes them.
    pub fn keys(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": n, "e": e }] })
    }

    /// Lets a service believe it, by the keys in a file.
    ///
    /// # Panics
    ///
    /// If there is no room for the file.
    #[must_use]
    pub fn known_to(&self, setup: Setup) -> Setup {
        let file: PathBuf = self.folder.path().join("jwks.json");
        fs::write(&file, self.keys().to_string()).expect("a file");
        self.named_to(setup).env("CLERK_JWKS", file.to_string_lossy())
    }

    /// Lets a service believe it, which asks for the keys.
    #[must_use]
    pub fn named_to(&self, setup: Setup) -> Setup {
        setup
            .env("CLERK_ISSUER", &self.issuer)
            .env("CLERK_AUTHORIZED_PARTIES", "https://app.example")
            .env("CLERK_WEBHOOK_SECRET", WEBHOOK_SECRET)
    }

    /// Somebody new who signs in there.
    pub fn sign_in() -> Session {
        Session { user: fresh("user"), session: fresh("sess") }
    }

    /// The token of a session, good for a minute.
    pub fn token(&self, session: &Session) -> String {
        self.token_with(session, &json!({}))
    }

    /// The same, with some claims as they should not be.
    ///
    /// # Panics
    ///
    /// If it cannot be signed.
    pub fn token_with(&self, session: &Session, other: &Value) -> String {
        let now = now();
        let mut claims = json!({ "iss": self.issuer, "sub": session.user, "sid": session.session,
            "azp": "https://app.example", "iat": now, "nbf": now - 10, "exp": now + 60 });
        for (name, value) in other.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let header =
            json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT", "cat": "cl_B7d4PD111AAA" });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let (rng, text) = (SystemRandom::new(), signed.as_bytes());
        self.key.sign(&RSA_PKCS1_SHA256, &rng, text, &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Default for Clerk {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// What the provider says of the person at a moment, in milliseconds.
    pub fn said(&self, kind: &str, name: &str, at: i64) -> Value {
        json!({ "object": "event", "type": kind, "data": {
            "id": self.user, "first_name": name, "last_name": "Lovelace", "username": null,
            "image_url": "https://img.clerk.com/ada.png", "created_at": 1, "updated_at": at,
            "primary_email_address_id": "idn_1", "banned": false,
            "email_addresses": [{ "id": "idn_1", "email_address": "ada@example.org" }] } })
    }
}

/// Headers of a message that is signed now.
pub fn signed(id: &str, body: &str) -> HeaderMap {
    signed_at(id, now(), body)
}

/// Headers of a message that is signed at a second.
///
/// # Panics
///
/// If the id is no header's value.
pub fn signed_at(id: &str, at: i64, body: &str) -> HeaderMap {
    let key = STANDARD.decode(&WEBHOOK_SECRET["whsec_".len()..]).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mac = hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.as_ref()));
    headers(id, &at.to_string(), &signature)
}

/// Headers of a message.
///
/// # Panics
///
/// If one of them is no header's value.
pub fn headers(id: &str, at: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [("svix-id", id), ("svix-timestamp", at), ("svix-signature", signature)] {
        headers.insert(name, value.parse().expect("a header"));
    }
    headers
}

/// `POST /webhooks/clerk`, as it stands.
///
/// # Panics
///
/// If there is no answer.
pub async fn deliver(client: &Client, headers: HeaderMap, body: &str) -> Answer {
    let request = client.request(reqwest::Method::POST, "/webhooks/clerk").headers(headers);
    let request = request.header("content-type", "application/json").body(body.to_owned());
    Answer::read(request.send().await.expect("an answer")).await.expect("a body")
}

/// Delivers something that the provider says, under an id of its own.
pub async fn tell(client: &Client, message: &Value) -> Answer {
    let body = message.to_string();
    deliver(client, signed(&fresh("msg"), &body), &body).await
}

/// A name that nobody else of this process has.
pub fn fresh(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{kind}_{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is right");
    i64::try_from(since.as_secs()).expect("not so late")
}
