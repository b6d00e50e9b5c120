//! What is known of an agent token.

use chrono::NaiveDate;

use super::{Created, Event, Origin, RevocationReason};
use crate::{
    Sealed, Time,
    actor::Actor,
    cidr::Cidrs,
    id::{TokenId, UserId, WorkspaceId},
    scope::Scopes,
    secret::SecretHash,
    text::{Reason, TokenName},
};

/// One agent token, from before it exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AgentToken {
    #[default]
    Unissued,
    /// Given up before it was created.
    Abandoned,
    Issued(Box<Issued>),
}

impl AgentToken {
    /// The token, where there is one.
    pub fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Issued(token) => Some(token),
            Self::Unissued | Self::Abandoned => None,
        }
    }
}

/// A token that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Issued {
    pub name: Sealed<TokenName>,
    pub secret_sha256: SecretHash,
    pub hint: String,
    pub workspace_id: WorkspaceId,
    pub created_at: Time,
    pub created_by: UserId,
    pub acts_as: UserId,
    pub scopes: Scopes,
    pub allowed_cidrs: Cidrs,
    pub expires_at: Option<Time>,
    pub origin: Origin,
    pub rotated: Option<Rotation>,
    pub revoked: Option<Revocation>,
    pub usage: Option<Usage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Active,
    Expired,
    Revoked,
}

/// Another token took over; until the overlap ends both work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub replaced_by: TokenId,
    pub overlap_ends_at: Time,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Revocation {
    pub reason: RevocationReason,
    pub note: Option<Sealed<Reason>>,
    pub revoked_by: Actor,
    pub revoked_at: Time,
}

/// What the last observations of its use said.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    pub day: NaiveDate,
    /// Observations on that day.
    pub observations: u32,
    /// Networks it was used from, oldest first; the newest [`Usage::NETWORKS`] of them.
    pub networks: Vec<Sealed<String>>,
}

impl Usage {
    /// How many networks are remembered.
    pub const NETWORKS: usize = 16;
}

impl Issued {
    /// Judges the token at a moment. Revoked for good goes before expired.
    pub fn status(&self, at: Time) -> Status {
        let overlap_over = |rotation: &Rotation| rotation.overlap_ends_at <= at;
        if self.revoked.is_some() || self.rotated.as_ref().is_some_and(overlap_over) {
            Status::Revoked
        } else if self.expires_at.is_some_and(|expiry| expiry <= at) {
            Status::Expired
        } else {
            Status::Active
        }
    }

    /// When it stops working by itself: its expiry, or the end of its overlap.
    pub fn ends_at(&self) -> Option<Time> {
        let overlap = self.rotated.map(|rotation| rotation.overlap_ends_at);
        self.expires_at.into_iter().chain(overlap).min()
    }

    /// Why it is revoked at a moment, where it is.
    pub fn revocation_reason(&self, at: Time) -> Option<RevocationReason> {
        match &self.revoked {
            Some(revoked) => Some(revoked.reason),
            None if self.status(at) == Status::Revoked => Some(RevocationReason::Rotated),
            None => None,
        }
    }

    pub(super) fn new(created: &Created, at: Time) -> Self {
        let Created { created_by, acts_as, workspace_id, secret_sha256, expires_at, .. } = *created;
        Self {
            name: created.name.clone(),
            secret_sha256,
            hint: created.hint.clone(),
            workspace_id,
            created_at: at,
            created_by,
            acts_as,
            scopes: created.scopes.clone(),
            allowed_cidrs: created.allowed_cidrs.clone(),
            expires_at,
            origin: created.origin.clone(),
            rotated: None,
            revoked: None,
            usage: None,
        }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Renamed { name } => self.name = name.clone(),
            Event::UsageObserved { day, network, .. } => self.observe(*day, network),
            Event::Rotated { replaced_by, overlap_ends_at } => {
                let (replaced_by, overlap_ends_at) = (*replaced_by, *overlap_ends_at);
                self.rotated = Some(Rotation { replaced_by, overlap_ends_at });
            }
            Event::Revoked { reason, note, revoked_by } => {
                self.revoked = Some(Revocation {
                    reason: *reason,
                    note: note.clone(),
                    revoked_by: revoked_by.clone(),
                    revoked_at: at,
                });
            }
            Event::Created(_) | Event::Abandoned {} | Event::Summarised(_) => {}
        }
    }

    fn observe(&mut self, day: NaiveDate, network: &Sealed<String>) {
        let (same_day, mut networks) = match self.usage.take() {
            Some(usage) if usage.day == day => (usage.observations, usage.networks),
            Some(usage) => (0, usage.networks),
            None => (0, vec![]),
        };
        if networks.len() == Usage::NETWORKS {
            networks.remove(0);
        }
        networks.push(network.clone());
        self.usage = Some(Usage { day, observations: same_day + 1, networks });
    }
}
