//! Bad input: whatever is sent, the answer is a refusal in the one shape, and nothing else happens.

use reqwest::Method;
use serde_json::json;
use tests::{
    account::{Person, SECRET, fresh_name},
    service::Service,
};

const ENDPOINTS: [&str; 6] = [
    "/register",
    "/authenticate",
    "/refresh",
    "/refresh/rotate",
    "/api/agent-tokens/verify",
    "/api/agent-tokens/exchange",
];

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let service = Service::shared().await;
    let client = service.verifier();
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"text",
        b"{\"user_id\":}",
        b"\xff\xfe",
        b"{\"user_id\":\"\\ud800\",\"user_key\":\"\\ud800\",\"refresh_token\":\"\\ud800\",\"token\":\"\\ud800\"}",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        b"{\"a\":1e999999}",
    ];
    for path in ENDPOINTS {
        for body in bodies {
            let answer = client.post_raw(path, "application/json", body).await;
            assert_eq!(answer.status, 400, "{path} {body:?}: {}", answer.text);
            answer.expect_refusal(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let client = Service::shared().await.verifier();
    for path in ENDPOINTS {
        for media_type in ["text/plain", "text/xml", "multipart/form-data", ""] {
            let answer = client.post_raw(path, media_type, "{}").await;
            assert_eq!(answer.status, 415, "{path} `{media_type}`: {}", answer.text);
            assert!(answer.at("/error").is_string(), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let client = Service::shared().await.verifier();
    for path in ENDPOINTS {
        for size in [9_000, 1_000_000] {
            let body = json!({ "user_id": "x".repeat(size) }).to_string();
            let answer = client.post_raw(path, "application/json", body).await;
            assert_eq!(answer.status, 413, "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn another_method_is_refused() {
    let client = Service::shared().await.client();
    for path in ENDPOINTS.into_iter().chain(["/graphql"]) {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = client.request(method, path).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{path}");
        }
    }
}

#[tokio::test]
async fn a_refusal_never_repeats_what_was_sent() {
    let service = Service::shared().await;
    let client = service.verifier();
    let canary = "canary-4711-do-not-repeat";
    let bodies = [
        ("/register", json!({ "user_id": format!("{canary}\0"), "user_secret": SECRET })),
        ("/register", json!({ "user_id": fresh_name(), "user_secret": "canary" })),
        ("/authenticate", json!({ "user_key": canary, "user_secret": canary })),
        ("/refresh", json!({ "refresh_token": canary })),
        ("/refresh/rotate", json!({ "refresh_token": canary })),
    ];
    for (path, body) in bodies {
        let answer = client.post(path, body).await;
        assert!(answer.status >= 400, "{path}: {}", answer.text);
        assert!(!answer.text.contains("canary"), "{path}: {}", answer.text);
        assert!(answer.at("/error_description").is_string(), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_refused_command_appends_nothing() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let events = async || {
        let replay = ["--json", "audit", "replay", "--workspace"];
        let workspace = person.workspace().await;
        let output = service.command().args(replay).arg(workspace).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| line.contains("agent_token.")).count()
    };
    person.create_token("Desk").await;
    let before = events().await;
    assert!(before > 0);
    for input in
        [json!({ "name": "" }), json!({ "name": "a", "expiresAt": "2001-01-01T00:00:00Z" })]
    {
        person.try_create_token(input).await.expect_data();
    }
    assert_eq!(events().await, before);
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let client = Service::shared().await.client();
    let mut ids = Vec::new();
    for path in ["/healthz", "/oauth/jwks", "/nowhere", "/graphql", "/ws"] {
        ids.push(client.get(path).await.header("x-request-id").to_owned());
    }
    for path in ENDPOINTS {
        ids.push(client.post(path, json!({})).await.header("x-request-id").to_owned());
    }
    let given = ids.len();
    assert!(ids.iter().all(|id| !id.is_empty()), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), given);
}
