//! Leaks: a secret scanner's signed report revokes the tokens it names.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tests::{
    account::{Person, verify},
    answer::Answer,
    client::Client,
    setup::Setup,
    socket::Socket,
};

struct Scanner(EcdsaKeyPair);

impl Scanner {
    fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self(key)
    }

    fn key(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    fn sign(&self, body: &str) -> String {
        let signature = self.0.sign(&SystemRandom::new(), body.as_bytes()).unwrap();
        STANDARD.encode(signature)
    }
}

async fn report(client: &Client, id: &str, signature: &str, body: &str) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("github-public-key-identifier", id),
        ("github-public-key-signature", signature),
    ];
    let mut request = client.request(reqwest::Method::POST, "/api/leaks").body(body.to_owned());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    Answer { status, headers, text, json }
}

#[tokio::test]
async fn a_signed_report_revokes_what_it_names_and_says_what_was_ours() {
    let scanner = Scanner::new();
    let reporters = format!("scanner-1={}", scanner.key());
    let service = Setup::default().env("LEAK_REPORTERS", reporters).start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let (leaked, kept) = (person.create_token("leaked").await, person.create_token("kept").await);
    let (mut socket, _) = Socket::agent(&client, &leaked.secret).await;
    let mut altered = kept.secret.clone();
    altered.replace_range(30..31, if &kept.secret[30..31] == "0" { "1" } else { "0" });
    let candidates = [leaked.secret.as_str(), &altered, "nxa_nonsense", "ghp_somebody_elses"];
    let body: Vec<Value> = candidates
        .iter()
        .map(|token| json!({ "token": token, "type": "keyledger_token", "url": "https://x.test" }))
        .collect();
    let body = json!(body).to_string();

    for (id, signature) in [
        ("scanner-1", String::new()),
        ("scanner-1", scanner.sign("another body")),
        ("scanner-2", scanner.sign(&body)),
        ("scanner-1", Scanner::new().sign(&body)),
    ] {
        report(&client, id, &signature, &body).await.expect_refusal(400, "invalid_signature");
    }
    let answer = report(&client, "scanner-1", &scanner.sign(&body), &body).await.expect(200);
    let labels: Vec<&Value> =
        answer.json.as_array().unwrap().iter().map(|outcome| &outcome["label"]).collect();
    assert_eq!(labels, ["true_positive", "false_positive", "false_positive", "false_positive"]);
    assert!(!answer.text.contains(&leaked.secret));

    assert_eq!(socket.closed().await, (4401, "token_revoked".into()));
    let verifier = service.verifier();
    assert_eq!(verify(&verifier, &leaked.secret).await.at("/code"), "REVOKED");
    assert_eq!(verify(&verifier, &kept.secret).await.at("/code"), "VALID");
    let shown = "query($id: ID!) { agentToken(id: $id) { revoked revocationReason } }";
    let answer = report(&client, "scanner-1", &scanner.sign(&body), &body).await.expect(200);
    assert_eq!(answer.at("/0/label"), "true_positive");
    let shown = person.graphql(shown, json!({ "id": leaked.id })).await.expect_data();
    assert_eq!(shown.at("/data/agentToken/revocationReason"), "leaked");
}

#[tokio::test]
async fn without_a_known_key_nobody_is_believed() {
    let service = tests::service::Service::shared().await;
    let scanner = Scanner::new();
    let answer = report(&service.client(), "scanner-1", &scanner.sign("[]"), "[]").await;
    answer.expect_refusal(400, "invalid_signature");
}
