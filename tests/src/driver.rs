//! Load: people who register, sign in, and create, rename and revoke tokens, all into a ledger.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{SECRET, fresh_name},
    answer::Answer,
    client::Client,
    ledger::{Entry, Kind, Ledger, Outcome},
};

/// What the workers share.
#[derive(Debug)]
pub struct Driver {
    ledger: Ledger,
    address: Mutex<String>,
    stopped: AtomicBool,
    /// Secrets of tokens that were created and never asked to be revoked.
    pub live: Mutex<Vec<String>>,
    /// Secrets of tokens whose revocation was acknowledged.
    pub revoked: Mutex<Vec<String>>,
    /// Refresh tokens that took the place of others.
    pub logins: Mutex<Vec<String>>,
    /// Refresh tokens whose replacement was acknowledged.
    pub replaced: Mutex<Vec<String>>,
}

impl Driver {
    /// A driver of the service at `address`.
    pub fn new(ledger: Ledger, address: &str) -> Arc<Self> {
        Arc::new(Self {
            ledger,
            address: Mutex::new(address.to_owned()),
            stopped: AtomicBool::new(false),
            live: Mutex::default(),
            revoked: Mutex::default(),
            logins: Mutex::default(),
            replaced: Mutex::default(),
        })
    }

    /// The service is somewhere else now.
    pub fn moved(&self, address: &str) {
        address.clone_into(&mut lock(&self.address));
    }

    /// Lets every worker finish the command it is at.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The ledger, to be read once the workers have stopped.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many commands were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        lock(&self.live).len() + lock(&self.revoked).len()
    }

    /// One worker: one person after another, until told to stop.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be written; whatever the service does is noted in it.
    pub async fn work(self: Arc<Self>) -> Result<()> {
        while !self.stopped.load(Ordering::Relaxed) {
            let address = lock(&self.address).clone();
            if self.live_a_life(&Client::new(&address)).await?.is_none() {
                // Refused or unanswered: the service may be away. Do not spin.
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
        Ok(())
    }

    async fn live_a_life(&self, client: &Client) -> Result<Option<()>> {
        let account = json!({ "user_id": fresh_name(), "user_secret": SECRET });
        let Some(registered) = self.send(client, Kind::Register, "/register", account).await?
        else {
            return Ok(None);
        };
        let sign_in = json!({ "user_key": registered.text_at("/user_key"), "user_secret": SECRET });
        let Some(tokens) = self.send(client, Kind::Authenticate, "/authenticate", sign_in).await?
        else {
            return Ok(None);
        };
        let client = client.with_bearer(&tokens.text_at("/access_token"));
        for number in 0..4 {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let create = mutation(CREATE, &json!({ "name": format!("token {number}") }));
            let created = self.send(&client, Kind::CreateToken, "/graphql", create).await?;
            let Some(created) = created else { return Ok(None) };
            let secret = created.text_at("/data/done/secret");
            let id = created.text_at("/data/done/agentToken/id");
            let rename = mutation(RENAME, &json!({ "id": id, "name": "renamed" }));
            self.send(&client, Kind::RenameToken, "/graphql", rename).await?;
            if number % 2 == 0 {
                lock(&self.live).push(secret);
                continue;
            }
            let revoke = mutation(REVOKE, &json!({ "id": id }));
            if self.send(&client, Kind::RevokeToken, "/graphql", revoke).await?.is_some() {
                lock(&self.revoked).push(secret);
            }
        }
        let refresh_token = tokens.text_at("/refresh_token");
        let rotate = json!({ "refresh_token": refresh_token });
        let kind = Kind::RotateRefreshToken;
        if let Some(rotated) = self.send(&client, kind, "/refresh/rotate", rotate).await? {
            lock(&self.logins).push(rotated.text_at("/refresh_token"));
            lock(&self.replaced).push(refresh_token);
        }
        Ok(Some(()))
    }

    /// Sends a command between its two lines; the answer only if it was acknowledged.
    async fn send(
        &self,
        client: &Client,
        kind: Kind,
        path: &str,
        body: Value,
    ) -> Result<Option<Answer>> {
        let number = self.ledger.intend(kind)?;
        let sent = client.request(Method::POST, path).json(&body).send().await;
        let answer = match sent {
            Ok(response) => Answer::read(response).await.ok(),
            Err(_) => None,
        };
        let outcome = answer.as_ref().map_or(Outcome::Unknown, outcome);
        let request = answer.as_ref().and_then(|it| it.header("x-request-id").parse().ok());
        self.ledger.note(&Entry { number, request, kind, outcome })?;
        Ok(answer.filter(|_| outcome == Outcome::Ok))
    }
}

fn outcome(answer: &Answer) -> Outcome {
    let code = answer.at("/errors/0/extensions/code");
    let refused = answer.at("/data/done/userErrors/0/code");
    match answer.status {
        200..300 if code.is_null() && refused.is_null() => Outcome::Ok,
        200..300 if ["UNAVAILABLE", "INTERNAL"].iter().any(|it| code == it) => Outcome::Unknown,
        200..500 => Outcome::Refused,
        _ => Outcome::Unknown,
    }
}

fn mutation(query: &str, input: &Value) -> Value {
    json!({ "query": query, "variables": { "input": input } })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

const CREATE: &str = "mutation($input: CreateTokenInput!) {
  done: createToken(input: $input) { agentToken { id } secret userErrors { code } } }";
const RENAME: &str = "mutation($input: RenameTokenInput!) {
  done: renameToken(input: $input) { userErrors { code } } }";
const REVOKE: &str = "mutation($input: RevokeTokenInput!) {
  done: revokeToken(input: $input) { userErrors { code } } }";
