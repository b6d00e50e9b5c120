//! What was revoked before its time, for as long as a token could be alive that it is about.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use serde::Deserialize;

use crate::{Access, Refusal, Why, config::now};

/// One thing that does not count any more, in the words of access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// From then on no token is alive that this is about; seconds since 1970.
    pub(crate) exp: i64,
    pub(crate) reason: String,
    /// Of a person: tokens whose `urev` is at least this still count.
    #[serde(default)]
    pub(crate) rev: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    /// `jti`
    AccessToken,
    /// `fam`
    TokenFamily,
    /// `client_id`
    Client,
    /// `sub`, of a person
    User,
    /// `kid`
    SigningKey,
    /// Nothing that an access token names.
    #[serde(other)]
    Other,
}

pub(crate) struct Revoked {
    inner: RwLock<Inner>,
    most: usize,
    max_staleness: Duration,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<(Kind, String), Ended>,
    /// Until then all that was revoked is known.
    fresh_until: Option<Instant>,
    pruned_at: i64,
}

#[derive(Clone, Copy)]
struct Ended {
    exp: i64,
    rev: Option<u64>,
}

impl Revoked {
    pub(crate) fn new(most: usize, max_staleness: Duration) -> Self {
        Self { inner: RwLock::default(), most, max_staleness }
    }

    /// Takes in what the feed says.
    pub(crate) fn take(&self, entries: Vec<Entry>) {
        let now = now();
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        for Entry { kind, id, exp, reason, rev } in entries {
            if reason == "reinstated" {
                inner.entries.remove(&(kind, id));
            } else if kind != Kind::Other {
                inner.entries.insert((kind, id), Ended { exp, rev });
            }
        }
        if inner.pruned_at + 60 < now || inner.entries.len() > self.most {
            inner.entries.retain(|_, ended| ended.exp > now);
            inner.pruned_at = now;
        }
    }

    /// All that was revoked up to `age` ago is known.
    pub(crate) fn is_complete(&self, age: Duration) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        // Too much to keep is too much to vouch for.
        let fits = inner.entries.len() <= self.most;
        let rest = self.max_staleness.checked_sub(age).filter(|_| fits);
        inner.fresh_until = rest.map(|rest| Instant::now() + rest);
    }

    /// Refuses what was revoked; and everything, if that can not be told.
    pub(crate) fn check(&self, kid: &str, access: &Access) -> Result<(), Refusal> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let claims = &access.0;
        let ended = |kind, name: &str| inner.entries.get(&(kind, name.to_owned()));
        let client = claims.client_id.as_deref();
        let user = claims.urev.and_then(|urev| Some((urev, ended(Kind::User, &claims.sub)?)));
        let is_revoked = ended(Kind::AccessToken, &claims.jti).is_some()
            || ended(Kind::TokenFamily, &claims.fam).is_some()
            || ended(Kind::SigningKey, kid).is_some()
            || client.is_some_and(|client| ended(Kind::Client, client).is_some())
            || user.is_some_and(|(urev, ended)| ended.rev.is_none_or(|rev| urev < rev));
        if is_revoked {
            Err(Why::Revoked.into())
        } else if inner.fresh_until.is_some_and(|until| Instant::now() < until) {
            Ok(())
        } else {
            Err(Refusal::Unavailable)
        }
    }
}
