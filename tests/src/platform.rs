//! Platforms that accounts are connected to: servers in the shapes of real ones, and a real one.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{ChildStdout, Stdio},
};

use reqwest::{Url, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::kept::{Kept, Program};

use crate::{account::Person, answer::Answer, client::Client, setup::Setup};

/// Who the service is at every platform of the tests.
const CLIENT_ID: &str = "tests";
/// Spaces must survive HTTP Basic.
pub const CLIENT_SECRET: &str = "their secret";
/// Where platforms that know no page of ours send browsers; nobody is there.
pub const ELSEWHERE: &str = "http://127.0.0.1:9/callback";

/// A running platform. Dropped, it is killed.
#[derive(Debug)]
pub struct Platform {
    name: String,
    address: String,
    http: reqwest::Client,
    /// A server that says something nobody could read any more would end.
    _output: BufReader<ChildStdout>,
    _process: Kept,
}

impl Platform {
    /// A server that answers as Twitch does.
    pub fn twitch() -> Self {
        Self::start("twitch", &["platform.mjs", "twitch"])
    }

    /// A server that answers as Discord does.
    pub fn discord() -> Self {
        Self::start("discord", &["platform.mjs", "discord"])
    }

    /// npm's `oidc-provider`.
    pub fn oidc() -> Self {
        Self::start("oidc", &["oidc.mjs", ELSEWHERE])
    }

    fn start(name: &str, arguments: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        let installed = folder.join("node_modules/oidc-provider");
        assert!(installed.exists(), "`cargo xtask test` (or `npm ci` in tests/node) comes first");
        let mut process = Program::new("node", "KILL")
            .args(arguments)
            .current_dir(folder)
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let mut line = String::new();
        let mut output = process.take_output().expect("its output");
        output.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { name: name.to_owned(), address, http, _output: output, _process: process }
    }

    /// The name by which it is connected.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its description: the one that ships, at this server's addresses.
    fn description(&self) -> String {
        let text = match self.name.as_str() {
            "twitch" => include_str!("../../api/src/app/platforms/builtin/twitch.toml"),
            "discord" => include_str!("../../api/src/app/platforms/builtin/discord.toml"),
            _ => OIDC,
        };
        let endpoint = |line: &str| {
            let (key, _) = line.split_once("_endpoint = ")?;
            let path = match (self.name.as_str(), key) {
                ("oidc", "authorization") => "/auth",
                ("oidc", "userinfo") => "/me",
                ("oidc", "revocation") => "/token/revocation",
                (_, "authorization") => "/authorize",
                (_, "revocation") => "/revoke",
                (_, "userinfo") => "/users",
                _ => "/token",
            };
            Some(format!("{key}_endpoint = \"{}{path}\"", self.address))
        };
        let lines = text.lines().map(|line| endpoint(line).unwrap_or_else(|| line.to_owned()));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// `http://127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Changes how it behaves.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn set(&self, behaviour: Value) {
        let url = format!("{}/_set", self.address);
        self.http.post(url).json(&behaviour).send().await.expect("an answer");
    }

    /// What it was asked, by kind.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn seen(&self) -> Value {
        let answer = self.http.get(format!("{}/_seen", self.address)).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    }

    /// How often it was asked to renew a token.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn refreshes(&self) -> u64 {
        self.seen().await["refresh"].as_u64().expect("a number")
    }

    /// Every code, state, verifier and token that went between it and the service.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn secrets(&self) -> Vec<String> {
        let seen = self.seen().await;
        let secrets = seen["secrets"].as_array().expect("a list");
        secrets.iter().map(|secret| secret.as_str().expect("text").to_owned()).collect()
    }

    /// Lets a browser go where the service sent it, until the platform sends it back; returns
    /// that address.
    ///
    /// # Panics
    ///
    /// If the platform does not send it back.
    pub async fn consent(&self, authorization_url: &str) -> Url {
        let mut url: Url = authorization_url.parse().expect("an address");
        let mut cookies = BTreeMap::new();
        for _ in 0..10 {
            let jar: Vec<_> =
                cookies.iter().map(|(k, v): (&String, _)| format!("{k}={v}")).collect();
            let request = self.http.get(url.clone()).header("cookie", jar.join("; "));
            let answer = request.send().await.expect("an answer");
            for cookie in answer.headers().get_all("set-cookie") {
                let cookie = cookie.to_str().expect("text").split(';').next().expect("a cookie");
                let (name, value) = cookie.split_once('=').expect("a value");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let location = answer.headers().get("location").and_then(|it| it.to_str().ok());
            let Some(location) = location else {
                panic!("{url} is no redirect: {} {:?}", answer.status(), answer.text().await)
            };
            url = url.join(location).expect("an address");
            if !url.as_str().starts_with(&self.address) {
                return url;
            }
        }
        panic!("redirected for ever")
    }
}

/// Descriptions of platforms in a folder that a service reads.
#[derive(Debug)]
pub struct Platforms(TempDir);

impl Platforms {
    /// Describes these platforms.
    ///
    /// # Panics
    ///
    /// If there is no room for that.
    pub fn of(platforms: &[&Platform]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for platform in platforms {
            let file = folder.path().join(format!("{}.toml", platform.name));
            fs::write(file, platform.description()).expect("a file");
        }
        Self(folder)
    }

    /// Lets a service know them.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    #[must_use]
    pub fn known_to(&self, setup: Setup) -> Setup {
        let files = fs::read_dir(self.0.path()).expect("a folder");
        let mut setup = setup.env("PROVIDERS", self.0.path().to_string_lossy());
        for file in files {
            let name = file.expect("a file").path();
            let name = name.file_stem().expect("a name").to_string_lossy().to_uppercase();
            setup = setup
                .env(&format!("PROVIDER_{name}_CLIENT_ID"), CLIENT_ID)
                .env(&format!("PROVIDER_{name}_CLIENT_SECRET"), CLIENT_SECRET);
        }
        setup
    }
}

/// What a browser brings back from a platform.
#[derive(Clone, Debug)]
pub struct Brought {
    pub code: String,
    pub state: String,
}

impl Person {
    /// Begins to connect an account and agrees at the platform.
    ///
    /// # Panics
    ///
    /// If the service refuses to begin.
    pub async fn agree(&self, platform: &Platform) -> Brought {
        let input = json!({ "platform": platform.name });
        let answer = self.graphql(START, json!({ "input": input })).await.expect_data();
        let url = answer.text_at("/data/startAccountConnection/authorizationUrl");
        Brought::read(&platform.consent(&url).await)
    }

    /// Tries to finish what a browser brought back.
    pub async fn try_connect(&self, platform: &Platform, brought: &Brought) -> Answer {
        let Brought { code, state } = brought;
        let input = json!({ "platform": platform.name, "code": code, "state": state });
        self.graphql(CONNECT, json!({ "input": input })).await
    }

    /// Connects an account; returns its id.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn connect(&self, platform: &Platform) -> String {
        let brought = self.agree(platform).await;
        let answer = self.try_connect(platform, &brought).await.expect_data();
        assert_eq!(answer.at("/data/connectAccount/userErrors"), &json!([]), "{}", answer.text);
        answer.text_at("/data/connectAccount/connectedAccount/id")
    }

    /// Disconnects an account.
    pub async fn disconnect(&self, id: &str) -> Answer {
        self.graphql(DISCONNECT, json!({ "input": { "id": id } })).await
    }

    /// The connected accounts of the personal workspace.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn accounts(&self) -> Vec<Value> {
        let answer = self.graphql(LIST, json!({})).await.expect_data();
        let edges = answer.at("/data/workspace/connectedAccounts/edges").as_array().cloned();
        edges.expect("edges").into_iter().map(|edge| edge["node"].clone()).collect()
    }
}

impl Brought {
    /// Reads the address that a platform sends a browser back to.
    ///
    /// # Panics
    ///
    /// If there is no code in it.
    pub fn read(address: &Url) -> Self {
        let query: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
        Self { code: query["code"].clone(), state: query["state"].clone() }
    }
}

/// `POST /internal/connected-accounts/{id}/access-token`, as a service that may.
pub async fn access_token(service: &Client, id: &str) -> Answer {
    service.post(&format!("/internal/connected-accounts/{id}/access-token"), json!({})).await
}

const OIDC: &str = r#"
name = "OIDC"
authorization_endpoint = ""
token_endpoint = ""
revocation_endpoint = ""
userinfo_endpoint = ""
user_id = "/sub"
username = "/name"
scopes = ["openid", "offline_access", "profile"]
redirect_uri = "http://127.0.0.1:9/callback"
authorization_parameters = { prompt = "consent" }
refresh = { rotation = "always" }
"#;

const START: &str = "mutation($input: StartAccountConnectionInput!) {
  startAccountConnection(input: $input) { authorizationUrl state userErrors { code message } } }";

const CONNECT: &str = "mutation($input: ConnectAccountInput!) {
  connectAccount(input: $input) {
    connectedAccount { id platform platformUserId platformUsername status scopes
      accessTokenExpiresAt lastRefreshedAt refreshFailureCode }
    position userErrors { code message } } }";

const DISCONNECT: &str = "mutation($input: DisconnectAccountInput!) {
  disconnectAccount(input: $input) {
    connectedAccount { id status } position userErrors { code message } } }";

const LIST: &str = "{ workspace { connectedAccounts { edges { node {
  id platform platformUserId platformUsername status scopes accessTokenExpiresAt lastRefreshedAt
  refreshFailureCode connectedAt connectedBy { kind } } } } } }";
