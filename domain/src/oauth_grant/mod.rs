//! Grants: what one person lets one application do in their name.
//!
//! ```text
//! None ──Consent──▶ Given ──Revoke──▶ Revoked ──Consent──▶ Given again
//! ```
//!
//! Codes and token families carry the [`Revision`] that their decision saw. A later revocation
//! voids them all, with no list of them anywhere; a later consent does not bring them back.

mod id;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use id::GrantId;

use crate::{Aggregate, StoredEvent, Time, actor::Actor, aggregate, scope::OauthScopes};

/// What one person lets one application do, from before they were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OauthGrant {
    /// What is allowed now; `None` before the first consent and after a revocation.
    given: Option<Given>,
    revision: Revision,
    /// The first revision whose codes and families still count.
    ended_at: Revision,
}

/// A consent that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub scopes: OauthScopes,
    /// When it was given for the first time since the last revocation.
    pub since: Time,
}

/// How many facts a decision knew of a grant.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    pub const fn as_number(self) -> u64 {
        self.0
    }
}

impl OauthGrant {
    /// The consent, where there is one.
    pub fn given(&self) -> Option<&Given> {
        self.given.as_ref()
    }

    /// What a decision of now takes note of.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Tells whether these scopes were consented to.
    pub fn covers(&self, scopes: &OauthScopes) -> bool {
        self.given.as_ref().is_some_and(|given| scopes.is_subset(&given.scopes))
    }

    /// Tells whether what was decided at `revision` still counts.
    pub fn accepts(&self, revision: Revision) -> bool {
        self.given.is_some() && self.ended_at <= revision
    }
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "grant.consented")]
    Consented {
        /// All that is allowed from now on.
        scopes: OauthScopes,
        via: Via,
    },
    #[serde(rename = "grant.revoked")]
    Revoked { by: Actor, cause: Cause },
}

/// How someone was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    ConsentPage,
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its person wished it so.
    User,
    Operator,
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    Consent { scopes: OauthScopes, via: Via },
    Revoke { by: Actor, cause: Cause },
}

/// Nothing asked of a grant is ever refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match *self {}
    }
}

impl Aggregate for OauthGrant {
    const CATEGORY: &'static str = "oauth_grant";

    type Id = GrantId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        Ok(match (&self.given, command) {
            (Some(_), Command::Consent { scopes, .. }) if self.covers(scopes) => vec![],
            (given, Command::Consent { scopes, via }) => {
                let before = given.as_ref().map(|given| &given.scopes);
                let scopes = before.map_or_else(|| scopes.clone(), |before| before.union(scopes));
                vec![Event::Consented { scopes, via: *via }]
            }
            (None, Command::Revoke { .. }) => vec![],
            (Some(_), Command::Revoke { by, cause }) => {
                vec![Event::Revoked { by: by.clone(), cause: *cause }]
            }
        })
    }

    fn evolve(mut self, event: &Event, at: Time) -> Self {
        self.revision.0 += 1;
        match event {
            Event::Consented { scopes, .. } => {
                let since = self.given.map_or(at, |given| given.since);
                self.given = Some(Given { scopes: scopes.clone(), since });
            }
            Event::Revoked { .. } => {
                self.given = None;
                self.ended_at = self.revision;
            }
        }
        self
    }
}
