//! Secrets: after a whole story, none lies anywhere.

use std::{fs, path::Path};

use serde_json::json;
use tests::{
    account::{Person, SECRET, verify},
    browser::Browser,
    graphql_socket::GraphqlSocket,
    setup::Setup,
    socket::Socket,
};

#[tokio::test]
async fn no_secret_and_no_name_lies_open_in_any_file_of_the_service() {
    let mut service = Setup::default().pglite().env("LOG", "trace").start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let token = person.create_token("Canary's own machine").await;
    let verifier = service.verifier();
    verify(&verifier, &token.secret).await.expect(200);
    verify(&client, &token.secret).await.expect(401);
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", "subscription { auditEvents { __typename } }", json!({})).await;
    let rotated = client
        .post("/refresh/rotate", json!({ "refresh_token": person.refresh_token }))
        .await
        .expect(200);
    person.revoke_token(&token.id).await;
    socket.closed().await;
    client.get(&format!("/ws?token={}&errors=1", token.secret)).await;
    client.get(&format!("/nowhere?token={}", token.secret)).await;
    let browser = Browser::log_in(&client, &person.name).await;
    let page = browser.post("/api/session-tokens", json!({})).await.expect(201).text_at("/token");
    Socket::agent(&client, &page).await;
    let agent = client.with_bearer(&person.create_token("Another").await.secret);
    let ticket = agent.post("/api/ws-tickets", json!({})).await.expect(201).text_at("/ticket");
    let path = format!("/ws?ticket={ticket}");
    Socket::open(&client, &path, &[]).await.unwrap();
    Socket::open(&client, &path, &[]).await.unwrap_err();
    client.get(&format!("/graphql/ws?token={page}&code=unspoken-canary")).await;
    let (used, unused) = (pairing_code(&person).await, pairing_code(&person).await);
    let device = json!({ "code": unused, "device_name": "Canary's desktop" });
    let paired = client.post("/api/agent-tokens/exchange", device).await.expect(200);
    client.post("/api/agent-tokens/exchange", json!({ "code": used })).await.expect(410);
    let metrics = client.get("/metrics").await.text;
    service.stop().await.unwrap();

    let access = person.client.bearer().unwrap();
    let secrets = [
        ("the secret", SECRET.to_owned()),
        ("the agent token", secret_part(&token.secret)),
        ("the service credential", secret_part(verifier.bearer().unwrap())),
        ("the refresh token", secret_part(&person.refresh_token)),
        ("its successor", secret_part(&rotated.text_at("/refresh_token"))),
        ("the cookie", secret_part(browser.cookie())),
        ("the session token", secret_part(&page)),
        ("the ticket", secret_part(&ticket)),
        ("the paired token", secret_part(&paired.text_at("/token"))),
        ("a parameter called code", "unspoken-canary".to_owned()),
        ("the access token's signature", access.rsplit('.').next().unwrap().to_owned()),
    ];
    let mut files = Vec::new();
    collect(service.data(), &mut files);
    collect(&service.data().with_extension("logs"), &mut files);
    assert!(files.len() > 3, "{files:?}");
    for (what, secret) in &secrets {
        assert!(!metrics.contains(secret), "{what} is a metric's");
    }
    for file in &files {
        let bytes = fs::read(file).unwrap();
        for (what, secret) in &secrets {
            assert!(!contains(&bytes, secret), "{what} lies open in {}", file.display());
        }
        // Six digits are among many others by chance; as a word of their own they are not.
        for code in [&used, &unused] {
            let word = |quote: &str| format!("{quote}{code}{quote}");
            for quoted in [word("\""), word("'"), format!("code={code}"), word(" ")] {
                assert!(!contains(&bytes, &quoted), "a code lies open in {}", file.display());
            }
        }
    }

    // Personal data is sealed in the log; only read models hold it in clear.
    let network = client.network().to_string();
    let personal =
        [person.name.as_str(), "Canary's own machine", "Canary's desktop", network.as_str()];
    for file in files.iter().filter(|it| !it.to_string_lossy().contains("pglite")) {
        let bytes = fs::read(file).unwrap();
        for text in personal {
            assert!(!contains(&bytes, text), "`{text}` lies open in {}", file.display());
        }
    }
}

async fn pairing_code(person: &Person) -> String {
    let generate = "mutation { generatePairingCode(input: {}) { code } }";
    let answer = person.graphql(generate, json!({})).await.expect_data();
    answer.text_at("/data/generatePairingCode/code")
}

/// What follows the id, which is public.
fn secret_part(credential: &str) -> String {
    credential.rsplit('_').next().unwrap().to_owned()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}
