//! Clients that nobody here wrote, unchanged; and the example, with a browser that is somebody.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::OnceLock,
};

use serde_json::{Value, json};
use tests::{
    account::SECRET,
    application::{Application, LOOPBACK, PAGE, Visitor},
    service::Service,
};
use tokio::task::spawn_blocking;

/// What of the repository a test starts.
fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[tokio::test]
async fn openid_client_of_npm() {
    let service = Service::shared().await;
    let installed = folder("node/node_modules/openid-client");
    assert!(installed.exists(), "`cargo xtask test` (or `npm ci` in tests/node) comes first");
    for (kind, uri, at) in addresses() {
        let mut node = Command::new("node");
        node.arg("openid.mjs").current_dir(folder("node"));
        walk(service, node, kind, uri, at).await;
    }
}

#[tokio::test]
async fn authlib_of_python() {
    let service = Service::shared().await;
    for (kind, uri, at) in addresses() {
        let mut python = Command::new(python());
        python.arg("client.py").current_dir(folder("python"));
        python.env("AUTHLIB_INSECURE_TRANSPORT", "1");
        walk(service, python, kind, uri, at).await;
    }
}

#[tokio::test]
async fn the_example_walks_its_flow_with_somebody_in_front_of_a_browser() {
    let service = Service::shared().await;
    let example = folder("../examples/oauth");
    assert!(example.join("node_modules").exists(), "`cargo xtask test` comes first");
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let mut node = Command::new("node");
    node.current_dir(&example).args(["app.mjs", service.address(), &app.client_id]);
    let mut talk = Talk::begin(node);
    let address = talk.next().await["open"].as_str().unwrap().to_owned();
    let mut user = Command::new("node");
    user.current_dir(&example).args(["user.mjs", &address, &visitor.name, SECRET]);
    let seen =
        spawn_blocking(move || user.stderr(Stdio::inherit()).output().unwrap()).await.unwrap();
    let seen = String::from_utf8(seen.stdout).unwrap();
    assert!(seen.contains("\"arrived\":\"/callback\""), "{seen}");
    assert!(!seen.contains("\"wider\":true"), "a page is wider than 320 pixels: {seen}");
    let claims = talk.next().await["claims"].clone();
    assert_eq!(claims["application_id"], json!(app.application_id));
    assert_eq!(claims["user"]["username"], json!(visitor.name));
    assert_eq!(talk.next().await["me"]["id"], claims["user"]["id"]);
    assert_eq!(talk.next().await, json!({ "refreshed": 21_600 }));
    assert_eq!(talk.next().await, json!({ "revoked": 200 }));
    assert_eq!(talk.next().await, json!({ "logged_out": 400 }));
}

/// Kinds of applications, what they register, and where they are answered.
pub(super) fn addresses() -> [(&'static str, &'static str, &'static str); 3] {
    [
        ("public", LOOPBACK, "http://localhost:1337/callback"),
        ("public", "nxm://oauth/callback", "nxm://oauth/callback"),
        ("private", PAGE, PAGE),
    ]
}

/// Lets a program walk from discovery to revocation, as a client of one kind.
async fn walk(service: &Service, mut program: Command, kind: &str, registered: &str, at: &str) {
    let scopes = ["openid", "profile"];
    let app = Application::register(service, kind, registered, &scopes, &[]);
    let visitor = Visitor::new(service).await;
    let secret = app.secret.clone().unwrap_or_default();
    program.args([service.address(), &app.client_id, &secret, at, "openid profile"]);
    let mut talk = Talk::begin(program);
    let address = talk.next().await["open"].as_str().unwrap().to_owned();
    let arrived = visitor.allow(address.split_once('?').unwrap().1).await;
    assert!(arrived.text.starts_with(at), "{arrived:?}");
    talk.say(&arrived.text);
    assert!(talk.next().await["subject"].is_string());
    let renewed = talk.next().await;
    assert_eq!(renewed, json!({ "renewed": 21_600, "another": true }));
    assert_eq!(talk.next().await["ended"], "invalid_grant");
}

/// A program that prints a line of JSON a step and reads an answer.
struct Talk {
    lines: Option<std::io::Lines<BufReader<std::process::ChildStdout>>>,
    input: ChildStdin,
    process: std::process::Child,
}

impl Talk {
    fn begin(mut program: Command) -> Self {
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = program.spawn().unwrap();
        let lines = Some(BufReader::new(process.stdout.take().unwrap()).lines());
        Self { lines, input: process.stdin.take().unwrap(), process }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    async fn next(&mut self) -> Value {
        let mut lines = self.lines.take().expect("one reader at a time");
        let read = spawn_blocking(move || (lines.next(), lines));
        let (line, lines) = tokio::time::timeout(tests::wait::PATIENCE, read)
            .await
            .expect("nothing is printed")
            .unwrap();
        self.lines = Some(lines);
        serde_json::from_str(&line.expect("it has ended").unwrap()).unwrap()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Python with what `requirements.txt` names, made once under `target`.
fn python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    let made = PYTHON.get_or_init(|| {
        let place = folder("../target/python");
        let python = place.join("bin/python");
        let requirements = folder("python/requirements.txt");
        if !python.exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&place));
        }
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements));
        python
    });
    made.clone()
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
