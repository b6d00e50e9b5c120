//! Agent tokens: created in a workspace, used until they expire, are replaced or revoked.
//!
//! ```text
//! Unissued ──Create──▶ Active ──(expires_at)──▶ Expired
//!    │                   ├──Rotate──▶ Active, until its overlap ends ──▶ Revoked
//!    │                   └──Revoke──▶ Revoked, for good
//!    └──Abandon──▶ Abandoned: nobody can be given this id any more
//! ```
//!
//! The secret never enters the domain; only its SHA-256 does. Whether plan and
//! creator still allow the token is asked where it is used, and never stored.

mod command;
mod event;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{Command, Create, ObserveUsage, Rename, Revoke, Rotate};
pub use event::{Created, Event, Origin, RevocationReason};
pub use state::{AgentToken, Issued, Revocation, Rotation, Status, Usage};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::TokenId};

/// Why a command on an agent token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such token")]
    NotFound,
    #[error("this token exists already")]
    AlreadyCreated,
    #[error("this token was given up before it was created")]
    Abandoned,
    #[error("this token is revoked")]
    Revoked,
    #[error("this token has been replaced")]
    Replaced,
    #[error("a token must live for a minute at least")]
    ExpiresInPast,
    #[error("this workspace does not let a token live that long")]
    ExpiresTooFar,
    #[error("this workspace asks for an expiry")]
    ExpiryRequired,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyCreated => "TOKEN_ALREADY_CREATED",
            Self::Abandoned => "TOKEN_ABANDONED",
            Self::Revoked | Self::Replaced => "TOKEN_REVOKED",
            Self::ExpiresInPast => "EXPIRES_IN_PAST",
            Self::ExpiresTooFar => "EXPIRES_TOO_FAR",
            Self::ExpiryRequired => "INVALID_INPUT",
        }
    }
}

impl Aggregate for AgentToken {
    const CATEGORY: &'static str = "agent_token";

    type Id = TokenId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unissued, Command::Create(create)) => create.decide(),
            (Self::Unissued, Command::Abandon) => Ok(vec![Event::Abandoned {}]),
            (Self::Abandoned, Command::Abandon) => Ok(vec![]),
            (Self::Abandoned, Command::Create(_)) => Err(Rejection::Abandoned),
            (Self::Unissued | Self::Abandoned, _) => Err(Rejection::NotFound),

            (Self::Issued(_), Command::Create(_) | Command::Abandon) => {
                Err(Rejection::AlreadyCreated)
            }
            (Self::Issued(token), Command::Rename(rename)) => rename.decide(token),
            (Self::Issued(token), Command::Rotate(rotate)) => rotate.decide(token),
            (Self::Issued(token), Command::Revoke(revoke)) => Ok(revoke.decide(token)),
            (Self::Issued(token), Command::ObserveUsage(usage)) => Ok(usage.decide(token)),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Created(created)) => Self::Issued(Box::new(Issued::new(created, at))),
            (_, Event::Summarised(summary)) => Self::Issued(Box::new(summary.restore())),
            (Self::Unissued, Event::Abandoned {}) => Self::Abandoned,
            (Self::Issued(mut token), event) => {
                token.apply(event, at);
                Self::Issued(token)
            }
            // What needs a token and finds none is impossible, and too late to argue with.
            (state @ (Self::Unissued | Self::Abandoned), _) => state,
        }
    }

    fn summarise(&self) -> Option<Event> {
        self.issued().map(|token| Event::Summarised(Box::new(Summary::of(token))))
    }
}
