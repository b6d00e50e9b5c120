//! A person at the service: registered and signed in over HTTP.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::load::connection::{Connection, post};

/// A person with an access token.
pub(crate) struct Person {
    connection: Connection,
    network: String,
    pub access_token: String,
}

impl Person {
    /// Registers and signs in; each `number` comes from a network of its own.
    pub(crate) async fn register(address: &str, number: usize) -> Result<Self> {
        let network = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
        let mut person = Self {
            connection: Connection::open(address).await?,
            network,
            access_token: String::new(),
        };
        let secret = format!("correct horse {number} battery staple");
        let registered = person
            .call(
                "/register",
                &json!({ "user_id": format!("bench-{number}"), "user_secret": secret }),
            )
            .await?;
        let signed_in = person
            .call(
                "/authenticate",
                &json!({ "user_key": registered["user_key"], "user_secret": secret }),
            )
            .await?;
        let token = signed_in["access_token"].as_str().context("no access token")?;
        token.clone_into(&mut person.access_token);
        Ok(person)
    }

    /// Creates a token; returns its id and its text.
    pub(crate) async fn create_token(&mut self) -> Result<(String, String)> {
        let answer = self.call("/graphql", &create_token()).await?;
        let payload = &answer["data"]["createToken"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context(answer.to_string());
        Ok((text(&payload["agentToken"]["id"])?, text(&payload["secret"])?))
    }

    /// Revokes a token.
    pub(crate) async fn revoke_token(&mut self, id: &str) -> Result<()> {
        let query = "mutation($i:RevokeTokenInput!){revokeToken(input:$i){userErrors{code}}}";
        let body = json!({ "query": query, "variables": { "i": { "id": id } } });
        let answer = self.call("/graphql", &body).await?;
        ensure!(answer["data"]["revokeToken"]["userErrors"] == json!([]), "{answer}");
        Ok(())
    }

    /// Writes a `createToken` of this person, to be sent any number of times.
    pub(crate) fn create_token_request(&self) -> Vec<u8> {
        post("/graphql", &[("authorization", &self.bearer())], &create_token().to_string())
    }

    /// Writes a query of this person, to be sent any number of times.
    pub(crate) fn query(&self, query: &str) -> Vec<u8> {
        let body = json!({ "query": query }).to_string();
        post("/graphql", &[("authorization", &self.bearer())], &body)
    }

    async fn call(&mut self, path: &str, body: &Value) -> Result<Value> {
        let bearer = self.bearer();
        let mut headers = vec![("x-forwarded-for", self.network.as_str())];
        if !self.access_token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let answer = self.connection.exchange(&post(path, &headers, &body.to_string())).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status < 300, "{path} answered {}: {text}", answer.status);
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token)
    }
}

fn create_token() -> Value {
    let query = "mutation($i:CreateTokenInput!){createToken(input:$i){\
                 agentToken{id name status createdAt} secret userErrors{code}}}";
    json!({ "query": query, "variables": { "i": { "name": "bench" } } })
}
