//! The state of a family as one event, so that a fold need not begin at the beginning.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Family, Generation, Kind, OauthBinding, Revocation, RevocationCause, RotationMode};
use crate::{Time, id::UserId, secret::SecretHash, user};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    kind: Kind,
    user: UserId,
    user_revision: user::Revision,
    absolute_expires_at: Time,
    idle_ttl_s: u32,
    rotation: RotationMode,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    oauth: Option<Box<OauthBinding>>,
    started_at: Time,
    last_used: NaiveDate,
    /// Of the newest hash; the ones before it count down.
    generation: u64,
    /// Oldest first.
    secrets_sha256: Vec<SecretHash>,
    stepped_at: Time,
    retry_tolerated: bool,
    reuse_detected: bool,
    revoked_access: Vec<RevokedAccess>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    revoked: Option<Revoked>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RevokedAccess {
    jti: Uuid,
    exp: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Revoked {
    cause: RevocationCause,
    at: Time,
}

impl Summary {
    pub(super) fn of(family: &Family) -> Self {
        let access = |(jti, exp): &(Uuid, Time)| RevokedAccess { jti: *jti, exp: *exp };
        Self {
            kind: family.kind,
            user: family.user,
            user_revision: family.user_revision,
            absolute_expires_at: family.absolute_expires_at,
            idle_ttl_s: family.idle_ttl_s,
            rotation: family.rotation,
            oauth: family.oauth.clone(),
            started_at: family.started_at,
            last_used: family.last_used,
            generation: family.generation(),
            secrets_sha256: family.generations.iter().map(|one| one.secret_sha256).collect(),
            stepped_at: family.stepped_at,
            retry_tolerated: family.retry_tolerated,
            reuse_detected: family.reuse_detected,
            revoked_access: family.revoked_access.iter().map(access).collect(),
            revoked: family.revoked.map(|Revocation { cause, at }| Revoked { cause, at }),
        }
    }

    pub(super) fn restore(&self) -> Family {
        let numbers = (0..=self.generation).rev();
        let newest_first = self.secrets_sha256.iter().rev().zip(numbers);
        let mut generations: Vec<Generation> = newest_first
            .map(|(hash, number)| Generation { number, secret_sha256: *hash })
            .collect();
        generations.reverse();
        Family {
            kind: self.kind,
            user: self.user,
            user_revision: self.user_revision,
            absolute_expires_at: self.absolute_expires_at,
            idle_ttl_s: self.idle_ttl_s,
            rotation: self.rotation,
            oauth: self.oauth.clone(),
            started_at: self.started_at,
            last_used: self.last_used,
            generations: generations.into(),
            stepped_at: self.stepped_at,
            retry_tolerated: self.retry_tolerated,
            reuse_detected: self.reuse_detected,
            revoked_access: self.revoked_access.iter().map(|one| (one.jti, one.exp)).collect(),
            revoked: self.revoked.as_ref().map(|on| Revocation { cause: on.cause, at: on.at }),
        }
    }
}
