//! A caller of the REST and GraphQL endpoints.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    access_token: String,
    /// Of the last command, so that what it wrote is seen by every question after it.
    position: Option<HeaderValue>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let (http, access_token) = (reqwest::Client::new(), String::new());
        Self { http, address, access_token, position: None }
    }

    /// Uses the access token that `/authenticate` answered from now on.
    pub(super) fn sign_in(&mut self, access_token: &Value) -> anyhow::Result<()> {
        access_token.as_str().context("no access token")?.clone_into(&mut self.access_token);
        Ok(())
    }

    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token)
    }

    /// Posts JSON and returns the JSON of a successful answer.
    pub(super) async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("http://{}{path}", self.address)).json(body);
        let mut request = match &*self.access_token {
            "" => request,
            _ => request.header("authorization", self.bearer()),
        };
        if let Some(position) = &self.position {
            request = request.header("x-at-least", position);
        }
        let answer = request.send().await?;
        if let Some(position) = answer.headers().get("x-position") {
            self.position = Some(position.clone());
        }
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "{path} answered {status}: {body}");
        Ok(serde_json::from_str(&body)?)
    }

    /// Executes a GraphQL document and returns its data.
    pub(super) async fn graphql(
        &mut self,
        query: &str,
        variables: &Value,
    ) -> anyhow::Result<Value> {
        let request = json!({ "query": query, "variables": variables });
        let mut answer = self.post("/graphql", &request).await?;
        ensure!(answer["errors"].is_null(), "{}", answer["errors"]);
        let data = answer["data"].take();
        for (name, field) in data.as_object().into_iter().flatten() {
            let refusals = &field["userErrors"];
            let refused = refusals.as_array().is_some_and(|refusals| !refusals.is_empty());
            ensure!(!refused, "{name} was refused: {refusals}");
        }
        Ok(data)
    }
}
