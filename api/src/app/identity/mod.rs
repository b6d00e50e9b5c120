//! The identity provider that people sign in with: Clerk, or any OpenID Connect issuer.
//!
//! Its sessions are JWTs under keys that it publishes. The keys are fetched when they are first
//! needed and again for a key that is not known, but not at whoever's will: once in ten seconds at
//! most. What it knows of people comes by webhooks, or with their first request.
//!
//! Read in this order: [`session`], [`sync`], [`webhook`], [`orgs`].

mod orgs;
mod session;
mod sync;
#[cfg(test)]
mod tests;
mod webhook;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use domain::{Secret, Time};
use http::HeaderMap;
use serde::Deserialize;
use standardwebhooks::Webhook;
use tokio::sync::Mutex;
use url::Url;

pub use self::webhook::{Delivery, WebhookEvent};
use super::{
    jwt::{ForeignExpected, ForeignKeys, Refusal, SessionClaims, verify_foreign},
    outbound::{Outbound, may_be_asked},
};

/// Keys are fetched no more often than this, whatever tokens are presented.
const PAUSE: Duration = Duration::from_secs(10);
/// Keys older than this are fetched again: one that the provider took back must not count on.
const FRESH: Duration = Duration::from_hours(1);
/// Keys older than this count no more, though the provider does not answer.
const LONGEST: Duration = Duration::from_hours(24);

/// Which identity provider is believed, and for what.
#[derive(Clone, Debug, Default)]
pub struct IdentityConfig {
    /// `iss` of its tokens, exactly; without it nobody signs in elsewhere.
    pub issuer: Option<String>,
    /// A file with its keys, where they are not to be fetched.
    pub jwks: Option<PathBuf>,
    /// `aud` of its tokens, where they have one.
    pub audience: Option<String>,
    /// Origins of pages that may have asked for a token; any, where the list is empty.
    pub authorized_parties: Vec<String>,
    /// `whsec_…`; without it no webhook is taken.
    pub webhook_secret: Option<Secret<String>>,
    /// The page on which people sign in there; it leads back to its parameter `redirect_url`.
    pub sign_in: Option<Url>,
    /// Whether its organisations are workspaces.
    pub orgs: bool,
}

/// The identity provider.
pub struct IdentityProvider {
    issuer: String,
    audience: Option<String>,
    authorized_parties: Vec<String>,
    outbound: Outbound,
    keys: ArcSwap<Known>,
    /// Held by whoever fetches; when that was tried last.
    fetching: Mutex<Option<Instant>>,
    /// Keys from a file never change.
    fixed: bool,
}

/// The two doors of the identity provider; each may be closed.
#[derive(Default)]
pub struct Identity {
    pub provider: Option<Arc<IdentityProvider>>,
    /// Where a browser is sent to sign in.
    pub sign_in: Option<Url>,
    webhooks: Option<Webhook>,
    /// Whether the provider's organisations are workspaces.
    orgs: bool,
}

struct Known {
    keys: ForeignKeys,
    since: Option<Instant>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: Url,
}

impl Identity {
    /// # Errors
    ///
    /// If the issuer or its page is no address that may be asked, the file holds no keys, or the
    /// secret is none.
    pub fn open(config: IdentityConfig, outbound: &Outbound) -> anyhow::Result<Self> {
        let webhooks = match &config.webhook_secret {
            Some(secret) => Some(
                Webhook::new(secret.expose())
                    .map_err(|_| anyhow::anyhow!("KEYLEDGER_CLERK_WEBHOOK_SECRET is whsec_…"))?,
            ),
            None => None,
        };
        // It is nothing to be offered where nobody it leads to is believed.
        let sign_in = config.sign_in.clone().filter(|_| config.issuer.is_some());
        if let Some(address) = &sign_in {
            anyhow::ensure!(
                may_be_asked(address),
                "KEYLEDGER_CLERK_SIGN_IN_URL begins with https://"
            );
        }
        let orgs = config.orgs;
        let provider = match config.issuer.clone() {
            Some(issuer) => Some(Arc::new(IdentityProvider::open(issuer, config, outbound)?)),
            None => None,
        };
        Ok(Self { provider, sign_in, webhooks, orgs })
    }
}

impl IdentityProvider {
    fn open(issuer: String, config: IdentityConfig, outbound: &Outbound) -> anyhow::Result<Self> {
        let address: Url = issuer.parse().context("KEYLEDGER_CLERK_ISSUER is an address")?;
        anyhow::ensure!(may_be_asked(&address), "KEYLEDGER_CLERK_ISSUER begins with https://");
        let keys = match &config.jwks {
            Some(file) => {
                let shown = file.display().to_string();
                let document = std::fs::read(file).with_context(|| shown.clone())?;
                let keys = ForeignKeys::read(&document).filter(|keys| !keys.is_empty());
                keys.with_context(|| format!("{shown} holds no RS256 key"))?
            }
            None => ForeignKeys::default(),
        };
        Ok(Self {
            issuer,
            audience: config.audience,
            authorized_parties: config.authorized_parties,
            outbound: outbound.clone(),
            keys: ArcSwap::from_pointee(Known { keys, since: None }),
            fetching: Mutex::new(None),
            fixed: config.jwks.is_some(),
        })
    }

    /// `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns who a token names, if it is the provider's and holds now.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownKey`] also where the provider's keys can not be had.
    pub async fn verify(
        self: &Arc<Self>,
        token: &str,
        now: Time,
    ) -> Result<SessionClaims, Refusal> {
        let keys = self.keys_for(token).await;
        let expected = ForeignExpected {
            issuer: &self.issuer,
            audience: self.audience.as_deref(),
            authorized_parties: &self.authorized_parties,
            now,
        };
        verify_foreign(token, &keys.keys, expected)
    }

    async fn keys_for(self: &Arc<Self>, token: &str) -> Arc<Known> {
        let known = self.keys.load_full();
        if self.fixed || known.serves(token) {
            return known;
        }
        let (provider, token) = (Arc::clone(self), token.to_owned());
        // In a task of its own: whoever hangs up meanwhile must not leave all others without keys.
        let asked = tokio::spawn(async move { provider.ask_for(&token).await }).await;
        asked.unwrap_or_else(|_| known.not_too_old())
    }

    async fn ask_for(&self, token: &str) -> Arc<Known> {
        let mut tried = self.fetching.lock().await;
        let known = self.keys.load_full();
        if known.serves(token) || tried.is_some_and(|at| at.elapsed() < PAUSE) {
            // Somebody has just asked; asking again would tell nothing new.
            return known.not_too_old();
        }
        *tried = Some(Instant::now());
        let Some(keys) = self.fetch().await else {
            tracing::warn!("the identity provider's keys can not be fetched");
            return known.not_too_old();
        };
        self.keys.store(Arc::new(Known { keys, since: Some(Instant::now()) }));
        metrics::counter!("keyledger_identity_keys_fetched_total").increment(1);
        self.keys.load_full()
    }

    /// Asks where the keys are (OpenID Connect Discovery 4), and for the keys.
    async fn fetch(&self) -> Option<ForeignKeys> {
        let base = self.issuer.trim_end_matches('/');
        let get = async |url: &Url| {
            let answer = self.outbound.get(url, HeaderMap::new()).await.ok()?;
            answer.status().is_success().then(|| answer.into_body())
        };
        let discovery = format!("{base}/.well-known/openid-configuration").parse().ok()?;
        let document = get(&discovery).await;
        let found = document.and_then(|text| serde_json::from_slice::<Discovery>(&text).ok());
        let jwks = match found {
            // 4.3: it must speak of the issuer that was asked for.
            Some(found) if found.issuer == self.issuer => found.jwks_uri,
            _ => format!("{base}/.well-known/jwks.json").parse().ok()?,
        };
        ForeignKeys::read(&get(&jwks).await?)
    }
}

impl Known {
    fn serves(&self, token: &str) -> bool {
        self.since.is_some_and(|since| since.elapsed() < FRESH) && self.keys.knows(token)
    }

    fn not_too_old(self: Arc<Self>) -> Arc<Self> {
        if self.since.is_some_and(|since| since.elapsed() < LONGEST) {
            return self;
        }
        Arc::new(Self { keys: ForeignKeys::default(), since: None })
    }
}
