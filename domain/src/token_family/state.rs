//! What is known of a family of refresh tokens.

use std::collections::VecDeque;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use uuid::Uuid;

use super::{Event, Kind, OauthBinding, RevocationCause, RotationMode, Started};
use crate::{Time, id::UserId, secret::SecretHash, user};

/// One family, from before it starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TokenFamily {
    #[default]
    Unstarted,
    /// Revoked before it started, so that it never can.
    Forestalled(Revocation),
    Started(Box<Family>),
}

impl TokenFamily {
    /// The family, where it started.
    pub fn family(&self) -> Option<&Family> {
        match self {
            Self::Started(family) => Some(family),
            Self::Unstarted | Self::Forestalled(_) => None,
        }
    }

    /// Why it is revoked, where it is.
    pub fn revocation(&self) -> Option<&Revocation> {
        match self {
            Self::Unstarted => None,
            Self::Forestalled(revocation) => Some(revocation),
            Self::Started(family) => family.revoked.as_ref(),
        }
    }
}

/// A family that started.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    pub kind: Kind,
    pub user: UserId,
    pub user_revision: user::Revision,
    pub absolute_expires_at: Time,
    pub idle_ttl_s: u32,
    pub rotation: RotationMode,
    /// The application that acts through it, where it is one's.
    pub oauth: Option<Box<OauthBinding>>,
    pub started_at: Time,
    /// The last day it was used on, in UTC.
    pub last_used: NaiveDate,
    /// Newest last; the newest [`Family::REMEMBERED`] of them.
    pub generations: VecDeque<Generation>,
    /// When the current generation began.
    pub stepped_at: Time,
    /// Whether the step to the current generation was answered twice.
    pub retry_tolerated: bool,
    /// Whether reuse of an older generation was recorded since the last step.
    pub reuse_detected: bool,
    /// Access tokens that died before their time, until it comes.
    pub revoked_access: Vec<(Uuid, Time)>,
    pub revoked: Option<Revocation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    pub number: u64,
    pub secret_sha256: SecretHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub cause: RevocationCause,
    pub at: Time,
}

/// Which generation a presented secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    Current,
    /// The one before.
    Previous(u64),
    /// Any of the last fifty but the newest two.
    Older(u64),
    /// None of them: noise.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    Live,
    Expired,
    Revoked,
}

impl Family {
    /// How many generations are told apart from noise.
    pub const REMEMBERED: usize = 50;

    /// The current generation's number, counted from 1.
    pub fn generation(&self) -> u64 {
        self.current().number
    }

    /// Tells which generation a secret is.
    pub fn check(&self, presented: &SecretHash) -> Presented {
        let matching = |generation: &&Generation| generation.secret_sha256 == *presented;
        let Some(found) = self.generations.iter().rev().find(matching) else {
            return Presented::Unknown;
        };
        match self.generation() - found.number {
            0 => Presented::Current,
            1 => Presented::Previous(found.number),
            _ => Presented::Older(found.number),
        }
    }

    /// Judges the family itself; whether its user still may is the user's to say.
    pub fn liveness(&self, at: Time) -> Liveness {
        if self.revoked.is_some() {
            Liveness::Revoked
        } else if self.expires_at() <= at {
            Liveness::Expired
        } else {
            Liveness::Live
        }
    }

    /// When it expires unless it is used again.
    ///
    /// The log knows the day of the last use, not the moment: idleness begins when that day ends.
    pub fn expires_at(&self) -> Time {
        let idle_since = (self.last_used + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
        self.absolute_expires_at.min(idle_since + TimeDelta::seconds(self.idle_ttl_s.into()))
    }

    /// Tells whether the access token `jti` was revoked by itself.
    pub fn has_revoked_access(&self, jti: Uuid) -> bool {
        self.revoked_access.iter().any(|(revoked, _)| *revoked == jti)
    }

    pub(super) fn new(started: &Started, at: Time) -> Self {
        let Started { kind, user, user_revision, rotation, .. } = *started;
        let Started { absolute_expires_at, idle_ttl_s, secret_sha256, .. } = *started;
        Self {
            kind,
            user,
            user_revision,
            absolute_expires_at,
            idle_ttl_s,
            rotation,
            oauth: started.oauth.clone(),
            started_at: at,
            last_used: at.date_naive(),
            generations: VecDeque::from([Generation { number: 1, secret_sha256 }]),
            stepped_at: at,
            retry_tolerated: false,
            reuse_detected: false,
            revoked_access: vec![],
            revoked: None,
        }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Used { day } => self.last_used = self.last_used.max(*day),
            Event::Rotated { generation, secret_sha256, .. } => {
                self.step(Generation { number: *generation, secret_sha256: *secret_sha256 }, at);
            }
            Event::RetryTolerated { .. } => self.retry_tolerated = true,
            Event::ReuseDetected { .. } => self.reuse_detected = true,
            Event::AccessTokenRevoked { jti, exp } => {
                self.revoked_access.retain(|(_, expiry)| at < *expiry);
                self.revoked_access.push((*jti, *exp));
            }
            Event::Revoked { cause } if self.revoked.is_none() => {
                self.revoked = Some(Revocation { cause: *cause, at });
            }
            Event::Revoked { .. } | Event::Started(_) | Event::Summarised(_) => {}
        }
    }

    fn step(&mut self, generation: Generation, at: Time) {
        if self.generations.len() == Self::REMEMBERED {
            self.generations.pop_front();
        }
        self.generations.push_back(generation);
        self.last_used = self.last_used.max(at.date_naive());
        (self.stepped_at, self.retry_tolerated, self.reuse_detected) = (at, false, false);
    }

    fn current(&self) -> &Generation {
        self.generations.back().expect("a family starts with a generation and keeps the newest")
    }
}
