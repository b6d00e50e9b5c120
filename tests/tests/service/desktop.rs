//! The desktop example, walked as its reader would.

use std::{os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

use serde_json::{Value, json};
use tests::{
    account::Person,
    graphql_socket::GraphqlSocket,
    service::{Service, binary},
    wait::{PATIENCE, eventually},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// The app, running.
struct App {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl App {
    fn start(service: &Service, file: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(binary("desktop"))
            .args(["--service", service.address(), "--file"])
            .arg(file)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the app starts");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        Self { process, lines }
    }

    /// The next frame of this type that it prints.
    async fn frame(&mut self, kind: &str) -> Value {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("a line");
            let line = line.unwrap().unwrap_or_else(|| panic!("it ends before a {kind}"));
            let frame: Value = serde_json::from_str(&line).unwrap_or_default();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// What it says at its end.
    async fn last_words(mut self) -> String {
        let mut words = String::new();
        let mut stderr = self.process.stderr.take().expect("its complaints");
        timeout(PATIENCE, stderr.read_to_string(&mut words)).await.expect("it ends").unwrap();
        assert!(!self.process.wait().await.unwrap().success(), "{words}");
        words
    }
}

async fn generate(person: &Person) -> (String, String) {
    let generate = "mutation { generatePairingCode(input: {}) { code pairingCode { id } } }";
    let answer = person.graphql(generate, json!({})).await.expect_data();
    let code = answer.text_at("/data/generatePairingCode/code");
    (code, answer.text_at("/data/generatePairingCode/pairingCode/id"))
}

#[tokio::test]
async fn it_pairs_connects_comes_back_with_its_cursor_and_ends_when_revoked() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let (code, pairing) = generate(&person).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let watch = "subscription($id: ID!) {
      pairingCodeExchanged(pairingCodeId: $id) { agentToken { id name } } }";
    watcher.subscribe("1", watch, json!({ "id": pairing })).await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept/token.json");
    let mut app = App::start(service, &file, &["--pair-code", &code]);
    let token = watcher.next("1").await["agentToken"]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.frame("hello").await["token_id"], json!(token));
    app.frame("subscribed").await;
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let rename = async |name: &str| {
        let rename = "mutation($id: ID!, $name: String!) {
          renameToken(input: { id: $id, name: $name }) { userErrors { code } } }";
        person.graphql(rename, json!({ "id": token, "name": name })).await.expect_data();
    };
    rename("Seen").await;
    let seen = app.frame("event").await;
    assert_eq!(seen["data"]["token"]["name"], "Seen");
    // What it has printed it has not noted yet; killed in between, it would print it again.
    eventually("it to note how far it came", async || {
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
        (kept["cursor"] == seen["cursor"]).then_some(())
    })
    .await;
    drop(app);
    rename("Missed").await;
    let mut app = App::start(service, &file, &[]);
    assert_eq!(app.frame("event").await["data"]["token"]["name"], "Missed");

    person.revoke_token(&token).await;
    let words = app.last_words().await;
    assert!(words.contains("not accepted any more (token_revoked)"), "{words}");
    assert!(!file.exists());
    let words = App::start(service, &file, &[]).last_words().await;
    assert!(words.contains("not paired yet"), "{words}");
    let words = App::start(service, &file, &["--pair-code", &code]).last_words().await;
    assert!(words.contains("has been used already"), "{words}");
}

#[tokio::test]
async fn a_deep_link_is_as_good_as_its_code_and_the_desktop_can_be_told_to_open_it() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let (code, _) = generate(&person).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.json");
    let link = format!("nexmod://pair?code={code}");
    let mut app = App::start(service, &file, &[&link]);
    app.frame("hello").await;

    let registered = Command::new(binary("desktop"))
        .args(["--register", "--service", service.address()])
        .env("XDG_DATA_HOME", folder.path())
        .output()
        .await
        .unwrap();
    assert!(registered.status.success());
    let entry = folder.path().join("applications/keyledger-desktop.desktop");
    let entry = std::fs::read_to_string(entry).unwrap();
    assert!(entry.contains("MimeType=x-scheme-handler/nexmod;"), "{entry}");
    assert!(entry.contains(&format!("--service {}", service.address())), "{entry}");
}
