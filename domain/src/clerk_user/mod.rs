//! Who somebody of the identity provider is here: bound once, and never again after their deletion.
//!
//! ```text
//! Unknown ──Bind──▶ Bound ──Delete──▶ Deleted, for good
//!    └──────Delete───────────────────────┘
//! ```
//!
//! The stream's id is an HMAC of the issuer and the provider's id, so a deletion that comes before
//! the creation it belongs to is remembered without knowing whom it was about.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use crate::keyed_id::ClerkUserId;
use crate::{Aggregate, StoredEvent, Time, aggregate, id::UserId};

/// One person of the identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClerkUser {
    #[default]
    Unknown,
    Bound {
        user_id: UserId,
    },
    Deleted {
        /// Who it was, where they were known.
        user_id: Option<UserId>,
    },
}

impl ClerkUser {
    /// The person, while the provider has them.
    pub const fn bound(&self) -> Option<UserId> {
        match self {
            Self::Bound { user_id } => Some(*user_id),
            Self::Unknown | Self::Deleted { .. } => None,
        }
    }
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "clerk_user.bound")]
    Bound { user_id: UserId },
    #[serde(rename = "clerk_user.deleted")]
    Deleted {},
}

impl StoredEvent for Event {}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// The first step of `SyncUser`, and of linking a registered user.
    Bind {
        user_id: UserId,
    },
    Delete,
}

/// Why a command on somebody of the identity provider is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this account of the identity provider belongs to another user")]
    BoundElsewhere,
    #[error("the identity provider has deleted this account")]
    Deleted,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::BoundElsewhere => "LINKED_ELSEWHERE",
            Self::Deleted => "CLERK_USER_DELETED",
        }
    }
}

impl Aggregate for ClerkUser {
    const CATEGORY: &'static str = "clerk_user";

    type Id = ClerkUserId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (*self, *command) {
            (Self::Unknown, Command::Bind { user_id }) => Ok(vec![Event::Bound { user_id }]),
            (Self::Bound { user_id: held }, Command::Bind { user_id }) if held == user_id => {
                Ok(vec![])
            }
            (Self::Bound { .. }, Command::Bind { .. }) => Err(Rejection::BoundElsewhere),
            (Self::Deleted { .. }, Command::Bind { .. }) => Err(Rejection::Deleted),
            (Self::Deleted { .. }, Command::Delete) => Ok(vec![]),
            (Self::Unknown | Self::Bound { .. }, Command::Delete) => Ok(vec![Event::Deleted {}]),
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match event {
            Event::Bound { user_id } => Self::Bound { user_id: *user_id },
            Event::Deleted {} => Self::Deleted { user_id: self.bound() },
        }
    }
}
