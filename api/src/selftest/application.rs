//! The part of the story in which an application acts for somebody: consent, tokens, the end.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, ensure};
use reqwest::{RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use url::Url;

use super::{steps::Steps, text};
use crate::admin::{
    Frame, Operation,
    client::Connection,
    operation::{ClientOperation, DeclaredClient},
};

/// A verifier of RFC 7636 and its challenge (appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT_URI: &str = "http://localhost:8089/callback";
const CLIENT_ID: &str = "selftest";

/// A browser, as far as the story needs one.
struct Browser {
    http: reqwest::Client,
    address: SocketAddr,
    cookie: String,
}

/// Registers an application and lets `account` allow it what it asks for; then takes it back.
pub(super) async fn story(
    address: SocketAddr,
    folder: &Path,
    account: &Value,
    steps: &mut Steps,
) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let mut browser = Browser { http, address, cookie: String::new() };
    steps.step("register an application", register(folder)).await?;
    steps.step("sign in with a browser", browser.sign_in(account)).await?;
    let code = steps.step("allow the application", browser.allow()).await?;
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let tokens = steps.step("redeem the code", browser.token(&redeem)).await?;
    let access = text(&tokens["access_token"])?;
    let me = steps.step("ask whose access it is", browser.me(&access)).await?;
    ensure!(me["username"] == account["user_id"], "it is {me}");
    let first = text(&tokens["refresh_token"])?;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &first)];
    let renewed = steps.step("refresh", browser.token(&refresh)).await?;
    let last = text(&renewed["refresh_token"])?;
    steps.step("give the access back", browser.revoke(&last)).await?;
    let refused = browser.refused(&last);
    steps.step("what was given back is refused", refused).await?;
    Ok(())
}

async fn register(folder: &Path) -> anyhow::Result<()> {
    let server = Connection::open(folder).await?;
    let mut server = server.context("the operators' socket is not there")?;
    let declared: DeclaredClient = serde_json::from_value(json!({
        "client_id": CLIENT_ID, "name": "Self-test", "kind": "public",
        "redirect_uris": [REDIRECT_URI],
    }))?;
    server.ask(&Operation::Client(ClientOperation::Create(declared))).await?;
    match server.next().await?.context("the operators' socket was cut off")? {
        Frame::Done(_) => Ok(()),
        Frame::Failed(failure) => Err(failure.into()),
        frame => anyhow::bail!("unexpected: {frame:?}"),
    }
}

impl Browser {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn sign_in(&mut self, account: &Value) -> anyhow::Result<()> {
        let answer = self.http.post(self.url("/login")).json(account).send().await?;
        let set = answer.headers().get("set-cookie").context("no cookie")?.to_str()?;
        set.split(';').next().context("no cookie")?.clone_into(&mut self.cookie);
        Ok(())
    }

    /// Reads the question, allows what is asked, and returns the code.
    async fn allow(&self) -> anyhow::Result<String> {
        let query = [
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("state", "selftest"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let asked = self.http.get(self.url("/oauth/authorize")).query(&query);
        let page = asked.header("cookie", &self.cookie).send().await?.text().await?;
        let action = between(&page, "<form method=\"post\" action=\"")?;
        let token = between(&page, "name=\"token\" value=\"")?;
        let decided = self.http.post(self.url(action)).header("cookie", &self.cookie);
        let decided = decided.form(&[("token", token), ("decision", "allow")]).send().await?;
        let location = decided.headers().get("location").context("sent nowhere")?.to_str()?;
        let location = Url::parse(location)?;
        let code = location.query_pairs().find(|(name, _)| name == "code");
        Ok(code.context("no code")?.1.into_owned())
    }

    async fn token(&self, pairs: &[(&str, &str)]) -> anyhow::Result<Value> {
        succeeded(self.form("/oauth/token", pairs)).await
    }

    async fn me(&self, access: &str) -> anyhow::Result<Value> {
        succeeded(self.http.get(self.url("/v1/me")).bearer_auth(access)).await
    }

    async fn revoke(&self, token: &str) -> anyhow::Result<()> {
        let answer = self.form("/oauth/revoke", &[("token", token)]).send().await?;
        ensure!(answer.status().is_success(), "it answered {}", answer.status());
        Ok(())
    }

    async fn refused(&self, token: &str) -> anyhow::Result<()> {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let answer = self.form("/oauth/token", &pairs).send().await?;
        ensure!(answer.status() == 400, "it answered {}", answer.status());
        Ok(())
    }

    fn form(&self, path: &str, pairs: &[(&str, &str)]) -> RequestBuilder {
        let pairs: Vec<_> = pairs.iter().chain(&[("client_id", CLIENT_ID)]).collect();
        self.http.post(self.url(path)).form(&pairs)
    }
}

async fn succeeded(request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, body) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "it answered {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

fn between<'a>(page: &'a str, before: &str) -> anyhow::Result<&'a str> {
    let rest = page.split_once(before).context("the page does not ask")?.1;
    Ok(rest.split_once('"').context("the page is cut off")?.0)
}
