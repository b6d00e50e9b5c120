//! What a service says of itself and of the issuer it trusts.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::redirect::Policy;

use crate::{ConnectError, PATIENCE};

/// Which issuer is trusted, and for what.
#[derive(Clone)]
pub struct Config {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) credential: String,
    pub(crate) compat_issuer: String,
    pub(crate) max_staleness: Duration,
    pub(crate) most_revocations: usize,
}

impl Config {
    /// Trusts `issuer`, its URL, for tokens that are for `audience`; `credential` is a service
    /// credential with the scope `tokens:verify`.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        credential: impl Into<String>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            credential: credential.into(),
            compat_issuer: "nexus-user-service".to_owned(),
            max_staleness: Duration::from_secs(30),
            most_revocations: 1_000_000,
        }
    }

    /// What tokens of the profile `compat` say in `iss`, where it is not `nexus-user-service`.
    #[must_use]
    pub fn compat_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.compat_issuer = issuer.into();
        self
    }

    /// How long tokens are believed without word from the feed; it is heard from every 5 seconds.
    #[must_use]
    pub fn max_staleness(mut self, bound: Duration) -> Self {
        self.max_staleness = bound;
        self
    }

    /// How many revocations are kept in memory, some 100 bytes each; were there more, nothing would
    /// be believed.
    #[must_use]
    pub fn most_revocations(mut self, most: usize) -> Self {
        self.most_revocations = most;
        self
    }

    /// What asks the issuer: nobody else, wherever an answer points.
    pub(crate) fn http(&self) -> Result<reqwest::Client, ConnectError> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(PATIENCE)
            .read_timeout(self.max_staleness.max(PATIENCE))
            .build();
        http.map_err(ConnectError::Unreachable)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, audience, .. } = self;
        f.debug_struct("Config")
            .field("issuer", issuer)
            .field("audience", audience)
            .finish_non_exhaustive()
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().try_into().unwrap_or(i64::MAX)
}
