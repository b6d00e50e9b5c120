//! Session tokens: five minutes of real-time features for a page that somebody has open.
//!
//! ```text
//! Unissued ──Issue──▶ Issued ──(expires_at)──▶ Expired
//! ```
//!
//! Bound to one workspace and to the login or family it was asked for by: it ends with them, and
//! nobody lists or revokes it.

mod channel;
mod event;
#[cfg(test)]
mod tests;

pub use channel::{Channel, InvalidChannel};
pub use event::{Event, Issued, Via};

use crate::{Aggregate, Retention, Time, aggregate, id::SessionTokenId};

/// One session token, from before it exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SessionToken {
    #[default]
    Unissued,
    Issued(Box<Issued>),
}

impl SessionToken {
    /// The token, where there is one.
    pub fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Issued(token) => Some(token),
            Self::Unissued => None,
        }
    }
}

/// `CreateSessionToken`.
#[derive(Clone, Debug)]
pub struct Issue(pub Issued);

/// The token exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this session token exists already")]
pub struct AlreadyIssued;

impl aggregate::Rejection for AlreadyIssued {
    fn code(&self) -> &'static str {
        "SESSION_TOKEN_ALREADY_ISSUED"
    }
}

impl Aggregate for SessionToken {
    const CATEGORY: &'static str = "session_token";
    const RETENTION: Retention = Retention::Days(1);

    type Id = SessionTokenId;
    type Command = Issue;
    type Event = Event;
    type Rejection = AlreadyIssued;

    fn decide(&self, Issue(issued): &Issue) -> Result<Vec<Event>, AlreadyIssued> {
        match self {
            Self::Unissued => Ok(vec![Event::Issued(Box::new(issued.clone()))]),
            Self::Issued(_) => Err(AlreadyIssued),
        }
    }

    fn evolve(self, Event::Issued(issued): &Event, _: Time) -> Self {
        Self::Issued(issued.clone())
    }
}
