//! Browsers, as far as the service knows them: they keep a cookie and say which page asks.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{account::SECRET, answer::Answer, client::Client};

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    cookie: String,
}

impl Browser {
    /// Signs in by name, with the secret that all people of the tests have.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn log_in(client: &Client, name: &str) -> Self {
        let answer = log_in(client, name, SECRET).await.expect(204);
        let set = answer.header("set-cookie");
        let cookie = set.split_once(';').expect("attributes").0.to_owned();
        Self::with_cookie(client, cookie)
    }

    /// A browser that has this cookie, `name=value`.
    pub fn with_cookie(client: &Client, cookie: String) -> Self {
        Self { client: client.clone(), cookie }
    }

    /// `http://127.0.0.1:port` of the node it is at.
    pub fn address(&self) -> &str {
        self.client.address()
    }

    /// `name=value`.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What it sends along when a page of `origin` asks, or when nothing says which page does.
    ///
    /// # Panics
    ///
    /// If the origin is no header's value.
    pub fn headers(&self, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", self.cookie.parse().expect("a cookie"));
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().expect("an origin"));
        }
        headers
    }

    /// Sends a JSON body from a page of the service's own.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let headers = self.headers(Some(self.client.address()));
        self.client.post_with(path, headers, body).await
    }

    /// Executes a GraphQL document from a page of the service's own.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.post("/graphql", json!({ "query": query, "variables": variables })).await
    }

    /// `POST /logout`.
    pub async fn log_out(&self) -> Answer {
        self.post("/logout", json!({})).await
    }
}

/// `POST /login`.
pub async fn log_in(client: &Client, name: &str, secret: &str) -> Answer {
    client.post("/login", json!({ "user_id": name, "user_secret": secret })).await
}
