//! What one can ask of an agent token.

use chrono::{NaiveDate, TimeDelta};

use super::{Created, Event, Issued, Rejection, RevocationReason, Status};
use crate::{
    Sealed, Time,
    actor::Actor,
    id::TokenId,
    text::{Reason, TokenName},
    workspace::Policy,
};

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a command is made once and borrowed after")]
pub enum Command {
    Create(Create),
    Rename(Rename),
    Rotate(Rotate),
    Revoke(Revoke),
    ObserveUsage(ObserveUsage),
    /// Makes an id unusable that nothing was created under. Refused where something was.
    Abandon,
}

/// `CreateToken`; permission, plan and quota are settled before.
#[derive(Clone, Debug)]
pub struct Create {
    pub token: Created,
    /// What its workspace asks of tokens.
    pub policy: Policy,
    pub at: Time,
}

/// `RenameToken`.
#[derive(Clone, Debug)]
pub struct Rename {
    pub name: Sealed<TokenName>,
    pub at: Time,
}

/// `RotateToken`, the last step: the replacement exists.
#[derive(Clone, Debug)]
pub struct Rotate {
    pub replaced_by: TokenId,
    /// Until when both work; `at` or before for no overlap.
    pub overlap_ends_at: Time,
    pub by: Actor,
    pub at: Time,
}

/// `RevokeToken`.
#[derive(Clone, Debug)]
pub struct Revoke {
    pub reason: RevocationReason,
    pub note: Option<Sealed<Reason>>,
    pub by: Actor,
}

/// Records that the token is in use; quietly does nothing where that is known already.
#[derive(Clone, Debug)]
pub struct ObserveUsage {
    pub day: NaiveDate,
    /// Successful authentications since the last observation.
    pub count: u64,
    pub network: Sealed<String>,
    /// Whether `network` is none of the opened state's `usage.networks`: the rules cannot look
    /// inside a sealed field.
    pub new_network: bool,
    pub client_family: Option<String>,
}

impl Create {
    /// A token that lives for less would be dead before it arrives.
    const SHORTEST_LIFE: TimeDelta = TimeDelta::seconds(60);

    /// Refuses an expiry that a workspace does not allow a token that is created `at` a moment.
    pub fn check(expires_at: Option<Time>, policy: &Policy, at: Time) -> Result<(), Rejection> {
        let life = expires_at.map(|expiry| expiry - at);
        match (life, policy.max_token_ttl()) {
            (Some(life), _) if life < Self::SHORTEST_LIFE => Err(Rejection::ExpiresInPast),
            (Some(life), Some(most)) if life > most => Err(Rejection::ExpiresTooFar),
            (None, Some(_)) => Err(Rejection::ExpiresTooFar),
            (None, None) if policy.require_expiry => Err(Rejection::ExpiryRequired),
            _ => Ok(()),
        }
    }

    pub(super) fn decide(&self) -> Result<Vec<Event>, Rejection> {
        Self::check(self.token.expires_at, &self.policy, self.at)?;
        Ok(vec![Event::Created(Box::new(self.token.clone()))])
    }
}

impl Rename {
    pub(super) fn decide(&self, token: &Issued) -> Result<Vec<Event>, Rejection> {
        if token.status(self.at) == Status::Revoked {
            return Err(Rejection::Revoked);
        }
        if self.name == token.name {
            return Ok(vec![]);
        }
        Ok(vec![Event::Renamed { name: self.name.clone() }])
    }
}

impl Rotate {
    pub(super) fn decide(&self, token: &Issued) -> Result<Vec<Event>, Rejection> {
        if let Some(rotation) = token.rotated {
            let repeated = rotation.replaced_by == self.replaced_by;
            return if repeated { Ok(vec![]) } else { Err(Rejection::Replaced) };
        }
        if token.revoked.is_some() {
            return Err(Rejection::Revoked);
        }
        let (replaced_by, overlap_ends_at) = (self.replaced_by, self.overlap_ends_at.max(self.at));
        let mut events = vec![Event::Rotated { replaced_by, overlap_ends_at }];
        if overlap_ends_at == self.at {
            let (reason, revoked_by) = (RevocationReason::Rotated, self.by.clone());
            events.push(Event::Revoked { reason, note: None, revoked_by });
        }
        Ok(events)
    }
}

impl Revoke {
    pub(super) fn decide(&self, token: &Issued) -> Vec<Event> {
        if token.revoked.is_some() {
            return vec![];
        }
        let (reason, note, revoked_by) = (self.reason, self.note.clone(), self.by.clone());
        vec![Event::Revoked { reason, note, revoked_by }]
    }
}

impl ObserveUsage {
    /// A token that wanders through networks must not fill the log.
    const MOST_A_DAY: u32 = 16;

    pub(super) fn decide(&self, token: &Issued) -> Vec<Event> {
        let due = token.usage.as_ref().is_none_or(|usage| {
            self.day > usage.day
                || self.new_network
                    && self.day == usage.day
                    && usage.observations < Self::MOST_A_DAY
        });
        if !due || token.revoked.is_some() {
            return vec![];
        }
        vec![Event::UsageObserved {
            day: self.day,
            count: self.count,
            network: self.network.clone(),
            client_family: self.client_family.clone(),
        }]
    }
}
