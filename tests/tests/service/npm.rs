//! npm's `graphql-ws`, the client that dashboards use, against the running service.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::Path,
    process::{ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tests::{
    account::{Person, SECRET},
    client::Client,
    service::Service,
};
use xtask::kept::{Kept, Program};

const REVOCATIONS: &str = "subscription($after: Cursor) {
  tokenRevocations(after: $after) { __typename
    ... on TokenRevocation { cursor credentialId } ... on StreamCaughtUp { cursor } } }";

#[tokio::test]
async fn it_watches_revocations_until_its_login_ends() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let token = person.create_token("Desk").await;
    let mut watcher = Watcher::start(&person.client, &json!({}));
    assert!(watcher.next().await["connected"]["position"].is_string());
    let caught_up = watcher.message().await;
    assert_eq!(caught_up["__typename"], "StreamCaughtUp");
    person.revoke_token(&token.id).await;
    let told = watcher.message().await;
    assert_eq!(told["credentialId"], json!(token.id), "{told}");

    let sign_in =
        json!({ "user_key": person.user_key, "user_secret": SECRET, "revoke_others": true });
    client.post("/authenticate", sign_in).await.expect(200);
    assert_eq!(watcher.next().await["closed"], 4401);
    assert_eq!(watcher.next().await["error"], 4401);
}

#[tokio::test]
async fn it_resumes_where_it_was() {
    let person = Person::new(&Service::shared().await.client()).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let token = person.create_token(&format!("t{number}")).await;
        person.revoke_token(&token.id).await;
        ids.push(json!(token.id));
    }
    let from = person.client.clone();
    let mut first = Watcher::start(&from, &json!({ "after": null }));
    first.next().await;
    first.message().await;
    let one_more = person.create_token("t3").await;
    person.revoke_token(&one_more.id).await;
    let cursor = first.message().await["cursor"].clone();
    drop(first);

    let mut missed = Vec::new();
    for number in 4..6 {
        let token = person.create_token(&format!("t{number}")).await;
        person.revoke_token(&token.id).await;
        missed.push(json!(token.id));
    }
    let mut second = Watcher::start(&from, &json!({ "after": cursor }));
    second.next().await;
    for id in missed {
        assert_eq!(second.message().await["credentialId"], id);
    }
    assert_eq!(second.message().await["__typename"], "StreamCaughtUp");
}

#[tokio::test]
async fn the_example_walks_the_whole_story() {
    let service = Service::shared().await;
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/story.sh");
    let mut command = Command::new("bash");
    command.args([story, service.address()]).env("KEYLEDGER_DATA", service.data());
    command.env("KEYLEDGER", service.command().get_program());
    let told = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let printed = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{printed}{}", String::from_utf8_lossy(&told.stderr));
    for part in ["4401", "TokenRevocation", "agent_token.revoked", "\"before\""] {
        assert!(printed.contains(part), "no {part}: {printed}");
    }
}

/// A running `node watch.mjs`.
struct Watcher {
    lines: Option<Lines<BufReader<ChildStdout>>>,
    _process: Kept,
}

impl Watcher {
    fn start(client: &Client, variables: &Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        let installed = folder.join("node_modules/graphql-ws");
        assert!(installed.exists(), "`cargo xtask test` (or `npm ci` in tests/node) comes first");
        let url = client.address().replacen("http", "ws", 1) + "/graphql/ws";
        let bearer = client.bearer().expect("somebody who is signed in");
        let mut process = Program::new("node", "KILL")
            .args(["watch.mjs", &url, bearer, REVOCATIONS, &variables.to_string()])
            .current_dir(folder)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = process.take_output().unwrap().lines();
        Self { lines: Some(lines), _process: process }
    }

    /// The next line, whatever it is.
    async fn next(&mut self) -> Value {
        let mut lines = self.lines.take().expect("one reader at a time");
        let read = tokio::task::spawn_blocking(move || (lines.next(), lines));
        let read = tokio::time::timeout(tests::wait::PATIENCE, read).await;
        let (line, lines) = read.expect("nothing is printed").unwrap();
        self.lines = Some(lines);
        serde_json::from_str(&line.expect("it has ended").unwrap()).unwrap()
    }

    /// The next message of the subscription.
    async fn message(&mut self) -> Value {
        let line = self.next().await;
        assert!(line["data"]["tokenRevocations"].is_object(), "{line}");
        line["data"]["tokenRevocations"].clone()
    }
}
