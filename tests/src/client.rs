//! A caller of the service, from a network of its own.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::{answer::Answer, network};

/// Nobody, or somebody with a bearer credential.
///
/// It reads what it wrote, as a good client does: a query waits for the position of the last
/// command that this client or a clone of it was answered.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// `http://127.0.0.1:port`.
    address: String,
    network: Ipv4Addr,
    bearer: Option<String>,
    seen: Arc<Mutex<Option<String>>>,
}

impl Client {
    /// A caller without a credential.
    ///
    /// # Panics
    ///
    /// If the machine's TLS or sockets cannot be set up.
    pub fn new(address: &str) -> Self {
        let network = network::fresh();
        let http = reqwest::Client::builder()
            .local_address(std::net::IpAddr::V4(network))
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client with an address of its own");
        Self { http, address: address.to_owned(), network, bearer: None, seen: Arc::default() }
    }

    /// The same caller with a credential.
    #[must_use]
    pub fn with_bearer(&self, credential: &str) -> Self {
        Self { bearer: Some(credential.to_owned()), ..self.clone() }
    }

    /// The same caller at another node.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// `http://127.0.0.1:port` of the node it calls.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address it calls from.
    pub const fn network(&self) -> Ipv4Addr {
        self.network
    }

    /// The credential it presents.
    pub fn bearer(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// Sends a JSON body.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, body).await.expect("an answer")
    }

    /// Sends a JSON body; the connection may fail, as it does while the service is down.
    pub async fn try_post(&self, path: &str, body: Value) -> reqwest::Result<Answer> {
        let response = self.request(Method::POST, path).json(&body).send().await?;
        Answer::read(response).await.map(|answer| self.heard(answer))
    }

    /// Sends a body as it stands, of the type named.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn post_raw(&self, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", media_type);
        let response = request.body(body.into()).send().await.expect("an answer");
        Answer::read(response).await.expect("a body")
    }

    /// Sends a form with headers beside, and without the credential that it else presents.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn post_form(&self, path: &str, headers: HeaderMap, body: &str) -> Answer {
        let request = self.http.request(Method::POST, format!("{}{path}", self.address));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.headers(headers).body(body.to_owned());
        Answer::read(request.send().await.expect("an answer")).await.expect("a body")
    }

    /// Sends a JSON body with headers beside.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn post_with(&self, path: &str, headers: HeaderMap, body: Value) -> Answer {
        let request = self.request(Method::POST, path).headers(headers).json(&body);
        Answer::read(request.send().await.expect("an answer")).await.expect("a body")
    }

    /// Fetches.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.expect("an answer")
    }

    /// Fetches; the connection may fail.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        Answer::read(self.request(Method::GET, path).send().await?).await
    }

    /// Executes a GraphQL document.
    ///
    /// # Panics
    ///
    /// If there was no answer.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.request(Method::POST, "/graphql").json(&body);
        if let Some(position) = self.position() {
            request = request.header("x-at-least", position);
        }
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        self.heard(answer.expect("a body"))
    }

    /// Where in the log the last command was answered to have been written.
    pub fn position(&self) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn heard(&self, answer: Answer) -> Answer {
        let position = answer.header("x-position");
        if !position.is_empty() {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = Some(position.to_owned());
        }
        answer
    }

    /// A request to be finished by the caller, for what is unusual.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.bearer {
            Some(credential) => request.bearer_auth(credential),
            None => request,
        }
    }
}
