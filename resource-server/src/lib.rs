//! For services that are called with access tokens: which to believe.
//!
#![doc = include_str!("../README.md")]

mod access;
#[cfg(feature = "axum")]
mod axum;
mod claims;
mod config;
mod discovery;
mod events;
mod feed;
mod jws;
mod keys;
mod page;
mod refusal;
mod revoked;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

pub use self::{
    access::Access,
    config::Config,
    discovery::ConnectError,
    refusal::{InsufficientScope, Refusal, Why},
};
use self::{claims::Claims, feed::Follower, jws::Token, keys::Keys, revoked::Revoked};

/// How long a single question to the issuer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Verifies access tokens; clones share what they know.
///
/// It keeps itself up to date for as long as a clone of it lives.
#[derive(Clone)]
pub struct ResourceServer(Arc<Inner>);

struct Inner {
    known: Arc<Known>,
    /// Ended with the last clone.
    _tasks: JoinSet<()>,
}

/// What is known of the issuer.
struct Known {
    config: Config,
    keys: Keys,
    revoked: Revoked,
}

impl ResourceServer {
    /// Finds the issuer's endpoints, and learns its keys and all that is revoked.
    pub async fn connect(config: Config) -> Result<Self, ConnectError> {
        let http = config.http()?;
        let endpoints = discovery::discover(&http, &config).await?;
        let keys = Keys::new(http.clone(), endpoints.jwks_uri);
        let max_age = keys.fetch().await?;
        let revoked = Revoked::new(config.most_revocations, config.max_staleness);
        let known = Arc::new(Known { config, keys, revoked });
        let mut follower = Follower::new(Arc::clone(&known), http, endpoints.revocation_feed_uri);
        follower.catch_up().await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(follower.run());
        let keeping = Arc::clone(&known);
        tasks.spawn(async move { keeping.keys.keep(max_age).await });
        Ok(Self(Arc::new(Inner { known, _tasks: tasks })))
    }

    /// Returns what a token is good for.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] for a token that is no good and will not be; [`Refusal::Unavailable`]
    /// if that can not be told now.
    pub async fn verify(&self, token: &str) -> Result<Access, Refusal> {
        let Known { config, keys, revoked } = &*self.0.known;
        let token = Token::read(token)?;
        let key = keys.find(token.kid()).await?.ok_or(Why::UnknownKey)?;
        let (header, claims) = token.verified(&key)?;
        let access = Claims::read(&claims)?.judge(&header, config, config::now())?;
        revoked.check(&header.kid, &access)?;
        Ok(access)
    }
}
