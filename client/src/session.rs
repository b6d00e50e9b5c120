//! A login, and the access token that it keeps fresh.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::sleep};

use crate::{Error, Keyledger};

/// How long before its end an access token is replaced; a tenth of its life, if that is less.
const MARGIN: Duration = Duration::from_mins(1);
/// How often a refresh is tried while the service is away, and the first pause.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);

/// A login; clones share its access token.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    service: Keyledger,
    refresh_token: String,
    access: Mutex<Option<Fresh>>,
}

/// As the service answers it.
#[derive(Deserialize)]
pub(crate) struct Access {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

struct Fresh {
    token: String,
    until: Instant,
}

impl From<Access> for Fresh {
    fn from(Access { access_token, expires_in }: Access) -> Self {
        let life = Duration::from_secs(expires_in);
        let until = Instant::now() + life.saturating_sub(MARGIN.min(life / 10));
        Self { token: access_token, until }
    }
}

impl Session {
    pub(crate) fn new(service: Keyledger, refresh_token: String, access: Option<Access>) -> Self {
        let access = Mutex::new(access.map(Fresh::from));
        Self(Arc::new(Inner { service, refresh_token, access }))
    }

    /// What to keep, so that the login can be resumed; a secret.
    pub fn refresh_token(&self) -> &str {
        &self.0.refresh_token
    }

    /// A token that is good for a while yet. Whoever asks while it is renewed waits for that.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the login has ended; what may pass only after several tries.
    pub async fn access_token(&self) -> Result<String, Error> {
        self.other_than(None).await
    }

    /// Executes a GraphQL document; returns the whole answer, errors included.
    pub async fn graphql(&self, query: &str, variables: Value) -> Result<Value, Error> {
        let body = json!({ "query": query, "variables": variables });
        let service = &self.0.service;
        let token = self.access_token().await?;
        match service.post("/graphql", Some(&token), &body).await {
            // The token ended before its time; the login may not have.
            Err(Error::Finished) => {
                let token = self.other_than(Some(&token)).await?;
                service.post("/graphql", Some(&token), &body).await
            }
            answer => answer,
        }
    }

    async fn other_than(&self, refused: Option<&str>) -> Result<String, Error> {
        let mut access = self.0.access.lock().await;
        if let Some(Fresh { token, until }) = &*access
            && Instant::now() < *until
            && refused != Some(token)
        {
            return Ok(token.clone());
        }
        let renewed = self.renew().await?;
        Ok(access.insert(renewed).token.clone())
    }

    async fn renew(&self) -> Result<Fresh, Error> {
        let body = json!({ "refresh_token": self.0.refresh_token });
        let mut pause = PAUSE;
        for attempt in 1.. {
            let wait = match self.0.service.post::<Access>("/refresh", None, &body).await {
                Err(Error::Busy { retry_after }) if attempt < TRIES => retry_after.max(pause),
                Err(Error::Unreachable(_)) if attempt < TRIES => pause,
                answer => return answer.map(Fresh::from),
            };
            sleep(wait).await;
            pause *= 2;
        }
        unreachable!("the last try is answered")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("service", &self.0.service).finish_non_exhaustive()
    }
}
