//! A service: where accounts are made and logins begin.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::{Error, Session, error::answer, session::Access};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service by its address; clones share its connections.
#[derive(Clone, Debug)]
pub struct Keyledger {
    http: reqwest::Client,
    address: Url,
}

#[derive(Deserialize)]
struct Registered {
    user_key: String,
}

#[derive(Deserialize)]
struct SignedIn {
    refresh_token: String,
    #[serde(flatten)]
    access: Access,
}

impl Keyledger {
    /// The service at `https://…`.
    pub fn at(address: &str) -> Result<Self, Error> {
        let address: Url = address.parse().map_err(|_| Error::Address)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(Error::Address);
        }
        let redirect = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(redirect).build()?;
        Ok(Self { http, address })
    }

    /// Makes an account; returns its key. The same again, after a lost answer, is the same account.
    pub async fn register(&self, user_id: &str, user_secret: &str) -> Result<String, Error> {
        let body = json!({ "user_id": user_id, "user_secret": user_secret });
        let Registered { user_key } = self.post("/register", None, &body).await?;
        Ok(user_key)
    }

    /// Signs in.
    pub async fn authenticate(&self, user_key: &str, user_secret: &str) -> Result<Session, Error> {
        let body = json!({ "user_key": user_key, "user_secret": user_secret });
        let SignedIn { refresh_token, access } = self.post("/authenticate", None, &body).await?;
        Ok(Session::new(self.clone(), refresh_token, Some(access)))
    }

    /// Goes on with a login whose refresh token was kept.
    pub fn resume(&self, refresh_token: impl Into<String>) -> Session {
        Session::new(self.clone(), refresh_token.into(), None)
    }

    /// Posts JSON, with a bearer credential if there is one.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        bearer: Option<&str>,
        body: &Value,
    ) -> Result<T, Error> {
        let address = self.address.join(path).map_err(|_| Error::Address)?;
        let mut request = self.http.post(address).json(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        answer(request.send().await?).await
    }
}
