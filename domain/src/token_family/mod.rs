//! Families of refresh tokens: one login and all its rotations.
//!
//! ```text
//! Unstarted ──Start──▶ Live ──(absolute or idle expiry)──▶ Expired
//!     │                 │ ⟲ Use, Rotate
//!     │                 └──Revoke──▶ Revoked, for good
//!     └──Revoke──▶ Revoked: it can never start
//! ```
//!
//! The log keeps the SHA-256 of each generation. Which generation was presented
//! decides what follows; a secret of none is noise and changes nothing.

mod command;
mod event;
#[cfg(test)]
mod interleavings;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{Command, DetectReuse, Revoke, RevokeAccessToken, Rotate, Use};
pub use event::{Event, Kind, OauthBinding, RevocationCause, RotationMode, Started};
pub use state::{Family, Generation, Liveness, Presented, Revocation, TokenFamily};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::FamilyId};

/// Why a command on a family is refused. To whoever presents a refresh token all are one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such login")]
    NotFound,
    #[error("this login has begun already")]
    AlreadyStarted,
    #[error("this login is revoked")]
    Revoked,
    #[error("this login has expired")]
    Expired,
    #[error("this refresh token has been replaced")]
    Replaced,
    #[error("this refresh token was never issued")]
    Unknown,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyStarted => "FAMILY_ALREADY_STARTED",
            Self::Revoked => "FAMILY_REVOKED",
            Self::Expired => "FAMILY_EXPIRED",
            Self::Replaced => "REFRESH_TOKEN_REPLACED",
            Self::Unknown => "REFRESH_TOKEN_UNKNOWN",
        }
    }
}

impl Aggregate for TokenFamily {
    const CATEGORY: &'static str = "token_family";

    type Id = FamilyId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unstarted, Command::Start(started)) => Ok(vec![Event::Started(started.clone())]),
            (Self::Started(_), Command::Start(_)) => Err(Rejection::AlreadyStarted),

            (_, Command::Revoke(_)) if self.revocation().is_some() => Ok(vec![]),
            (_, Command::Revoke(revoke)) => Ok(vec![Event::Revoked { cause: revoke.cause }]),

            (Self::Unstarted, _) => Err(Rejection::NotFound),
            (Self::Forestalled(_), _) => Err(Rejection::Revoked),

            (Self::Started(family), Command::Use(used)) => used.decide(family),
            (Self::Started(family), Command::Rotate(rotate)) => rotate.decide(family),
            (Self::Started(family), Command::DetectReuse(detect)) => Ok(detect.decide(family)),
            (Self::Started(family), Command::RevokeAccessToken(revoke)) => {
                Ok(revoke.decide(family))
            }
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (Self::Unstarted, Event::Started(started)) => {
                Self::Started(Box::new(Family::new(started, at)))
            }
            (Self::Unstarted, Event::Revoked { cause }) => {
                Self::Forestalled(Revocation { cause: *cause, at })
            }
            (_, Event::Summarised(summary)) => Self::Started(Box::new(summary.restore())),
            (Self::Started(mut family), event) => {
                family.apply(event, at);
                Self::Started(family)
            }
            // What needs a family and finds none is impossible, and too late to argue with.
            (state @ (Self::Unstarted | Self::Forestalled(_)), _) => state,
        }
    }

    fn summarise(&self) -> Option<Event> {
        self.family().map(|family| Event::Summarised(Box::new(Summary::of(family))))
    }
}
