//! What one can ask of a family of refresh tokens.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Event, Family, Liveness, Presented, Rejection, RevocationCause, RotationMode, Started,
};
use crate::{Sealed, Time, secret::SecretHash};

#[derive(Clone, Debug)]
pub enum Command {
    Start(Started),
    Use(Use),
    Rotate(Rotate),
    DetectReuse(DetectReuse),
    RevokeAccessToken(RevokeAccessToken),
    Revoke(Revoke),
}

/// `RefreshAccess`: a new access token, the same refresh token.
#[derive(Clone, Debug)]
pub struct Use {
    pub presented: SecretHash,
    pub at: Time,
}

/// `RotateRefreshToken`.
#[derive(Clone, Debug)]
pub struct Rotate {
    pub presented: SecretHash,
    /// The successor; the same for a repeat of the same request, and for no other request.
    pub next: SecretHash,
    /// The access token issued along with it, and when that expires.
    pub access: Option<(Uuid, Time)>,
    pub at: Time,
}

/// Records that a replaced refresh token came back; what follows is the family's rotation mode.
#[derive(Clone, Debug)]
pub struct DetectReuse {
    pub presented: SecretHash,
    pub network: Sealed<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct RevokeAccessToken {
    pub jti: Uuid,
    pub exp: Time,
}

#[derive(Clone, Copy, Debug)]
pub struct Revoke {
    pub cause: RevocationCause,
}

impl Use {
    pub(super) fn decide(&self, family: &Family) -> Result<Vec<Event>, Rejection> {
        require_live(family, self.at)?;
        match family.check(&self.presented) {
            Presented::Current => {
                let day = self.at.date_naive();
                Ok(if day > family.last_used { vec![Event::Used { day }] } else { vec![] })
            }
            Presented::Previous(_) | Presented::Older(_) => Err(Rejection::Replaced),
            Presented::Unknown => Err(Rejection::Unknown),
        }
    }
}

impl Rotate {
    /// How long a lost answer may be asked for again.
    const RETRY: TimeDelta = TimeDelta::seconds(30);

    pub(super) fn decide(&self, family: &Family) -> Result<Vec<Event>, Rejection> {
        require_live(family, self.at)?;
        match family.check(&self.presented) {
            Presented::Current => {
                let (access_jti, access_expires_at) = self.access.unzip();
                Ok(vec![Event::Rotated {
                    generation: family.generation() + 1,
                    secret_sha256: self.next,
                    access_jti,
                    access_expires_at,
                }])
            }
            Presented::Previous(_) if self.repeats_last_step_of(family) => {
                let generation = family.generation();
                let known = family.retry_tolerated;
                Ok(if known { vec![] } else { vec![Event::RetryTolerated { generation }] })
            }
            Presented::Previous(_) | Presented::Older(_) => Err(Rejection::Replaced),
            Presented::Unknown => Err(Rejection::Unknown),
        }
    }

    fn repeats_last_step_of(&self, family: &Family) -> bool {
        family.check(&self.next) == Presented::Current && self.at - family.stepped_at < Self::RETRY
    }
}

impl DetectReuse {
    pub(super) fn decide(&self, family: &Family) -> Vec<Event> {
        match family.check(&self.presented) {
            Presented::Previous(generation) | Presented::Older(generation)
                if !family.reuse_detected && family.revoked.is_none() =>
            {
                let network = self.network.clone();
                let detected = Event::ReuseDetected { presented_generation: generation, network };
                // Of the two who had it nobody can say which one is the owner.
                let revoked = Event::Revoked { cause: RevocationCause::Reuse };
                match family.rotation {
                    RotationMode::Manual => vec![detected],
                    RotationMode::OnUse => vec![detected, revoked],
                }
            }
            _ => vec![],
        }
    }
}

impl RevokeAccessToken {
    pub(super) fn decide(&self, family: &Family) -> Vec<Event> {
        // All access tokens of a revoked family are dead already.
        if family.has_revoked_access(self.jti) || family.revoked.is_some() {
            return vec![];
        }
        vec![Event::AccessTokenRevoked { jti: self.jti, exp: self.exp }]
    }
}

fn require_live(family: &Family, at: Time) -> Result<(), Rejection> {
    match family.liveness(at) {
        Liveness::Live => Ok(()),
        Liveness::Expired => Err(Rejection::Expired),
        Liveness::Revoked => Err(Rejection::Revoked),
    }
}
