//! Follows what is revoked, from where it was, for as long as the resource server lives.

use std::{sync::Arc, time::Duration};

use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{ACCEPT, HeaderName},
};
use tokio::time;
use url::Url;

use crate::{
    ConnectError, Known, PATIENCE,
    config::now,
    discovery::bounded,
    events::{Events, Malformed},
    page::{Asked, Place, Wrong},
};

const JWS: HeaderName = HeaderName::from_static("x-jws-signature");
const LONGEST_PAGE: usize = 1024 * 1024;
/// The pauses between tries while the issuer is away.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Follower {
    known: Arc<Known>,
    http: reqwest::Client,
    uri: Url,
    /// Everything up to here was taken in; empty before the first page.
    cursor: String,
    pause: Duration,
}

/// Why the feed broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Page(#[from] Wrong),
    #[error("the issuer's keys could not be fetched")]
    Keys,
    #[error("nothing was heard for too long")]
    Silent,
    #[error("it ended")]
    Ended,
}

impl From<reqwest::Error> for Broken {
    fn from(error: reqwest::Error) -> Self {
        Self::Connect(error.into())
    }
}

impl From<Malformed> for Broken {
    fn from(_: Malformed) -> Self {
        Wrong("it is no stream of events").into()
    }
}

impl Follower {
    pub(crate) fn new(known: Arc<Known>, http: reqwest::Client, uri: Url) -> Self {
        Self { known, http, uri, cursor: String::new(), pause: SHORTEST_PAUSE }
    }

    /// Reads page after page up to the last.
    pub(crate) async fn catch_up(&mut self) -> Result<(), ConnectError> {
        loop {
            let response = self.ask().timeout(PATIENCE).send().await?;
            let response = self.accepted(response)?;
            let signature = response.headers().get(JWS).and_then(|it| it.to_str().ok());
            let signature = signature.unwrap_or_default().to_owned();
            let text = bounded(response, LONGEST_PAGE).await?;
            let text = String::from_utf8(text).map_err(|_| ConnectError::Answer("no UTF-8"))?;
            match self.take(&signature, &text).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(Broken::Page(Wrong(why))) => return Err(ConnectError::Answer(why)),
                Err(Broken::Connect(error)) => return Err(error),
                Err(_) => return Err(ConnectError::Answer("it is signed by an unknown key")),
            }
        }
    }

    /// Listens for ever; in between tries again.
    pub(crate) async fn run(mut self) {
        loop {
            let Err(error) = self.listen().await;
            tracing::warn!(%error, "the feed of revocations broke off");
            time::sleep(self.pause).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn listen(&mut self) -> Result<std::convert::Infallible, Broken> {
        let response = self.ask().header(ACCEPT, "text/event-stream").send().await?;
        let mut response = self.accepted(response)?;
        let mut events = Events::default();
        let patience = self.known.config.max_staleness;
        loop {
            let chunk = time::timeout(patience, response.chunk()).await;
            let chunk = chunk.map_err(|_| Broken::Silent)??.ok_or(Broken::Ended)?;
            events.push(&chunk)?;
            while let Some(data) = events.take_next()? {
                let (signature, entries) = data.split_once('\n').unwrap_or((&data, ""));
                let mut text = entries.to_owned();
                if !text.is_empty() {
                    text.push('\n');
                }
                self.take(signature, &text).await?;
                self.pause = SHORTEST_PAUSE;
            }
        }
    }

    fn ask(&self) -> RequestBuilder {
        let mut uri = self.uri.clone();
        if !self.cursor.is_empty() {
            uri.query_pairs_mut().append_pair("after", &self.cursor);
        }
        self.http.get(uri).bearer_auth(&self.known.config.credential)
    }

    fn accepted(&mut self, response: Response) -> Result<Response, ConnectError> {
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(ConnectError::Credential),
            StatusCode::BAD_REQUEST => {
                // The issuer knows the cursor no more: from the beginning, then.
                self.cursor.clear();
                Err(ConnectError::Answer("it does not know the cursor"))
            }
            _ => Ok(response.error_for_status()?),
        }
    }

    /// Takes a page in; tells whether it was the last.
    async fn take(&mut self, signature: &str, text: &str) -> Result<bool, Broken> {
        let Known { config, keys, revoked } = &*self.known;
        let place = Place::read(signature)?;
        let key = keys.find(&place.kid).await.map_err(|_| Broken::Keys)?;
        let key = key.ok_or(Wrong("it is signed by an unknown key"))?;
        let now = now();
        let asked = Asked { issuer: &config.issuer, after: &self.cursor, now };
        revoked.take(place.entries(text, signature, &key, &asked)?);
        self.cursor.clone_from(&place.next);
        if place.last {
            // By either clock: where they differ, the shorter time counts.
            let age = Duration::from_secs((now - place.iat).unsigned_abs());
            if age >= config.max_staleness {
                tracing::warn!(
                    age_s = age.as_secs(),
                    "the issuer's clock and ours differ too much"
                );
            }
            revoked.is_complete(age);
        }
        Ok(place.last)
    }
}
