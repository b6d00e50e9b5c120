//! Names people sign in with: each held by one person at a time.
//!
//! ```text
//! Free ──Reserve──▶ Held ──Release──▶ Released ──(reusable_at)──▶ free again
//!                    └──Reserve, replacing a registration that died──▶ Held
//! ```
//!
//! The stream's id is an HMAC of the folded name under the pepper, so the log
//! does not tell the name; whoever knows it finds its holder without a table.

mod id;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use id::HandleId;

use crate::{Aggregate, StoredEvent, Time, aggregate, id::UserId};

/// Who holds a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UserHandle {
    #[default]
    Free,
    Held {
        user_id: UserId,
        since: Time,
    },
    /// Kept back, so that nobody is taken for who had it before.
    Released {
        reusable_at: Time,
    },
}

impl UserHandle {
    /// The person who holds the name.
    pub fn holder(&self) -> Option<UserId> {
        match self {
            Self::Held { user_id, .. } => Some(*user_id),
            Self::Free | Self::Released { .. } => None,
        }
    }
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "handle.reserved")]
    Reserved { user_id: UserId },
    #[serde(rename = "handle.released")]
    Released { reusable_at: Time },
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    Reserve(Reserve),
    Release(Release),
}

/// The first step of `RegisterUser`.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    pub user_id: UserId,
    /// A holder whose user stream was given up first (`user.abandoned`), and so is empty for good.
    pub replacing: Option<UserId>,
    pub at: Time,
}

/// Gives a name back; only its holder's to give.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub user_id: UserId,
    pub reusable_at: Time,
}

/// Why a command on a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this user id is taken")]
    Taken,
    #[error("this user id is not theirs")]
    NotHeld,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken => "HANDLE_TAKEN",
            Self::NotHeld => "HANDLE_NOT_HELD",
        }
    }
}

impl Reserve {
    /// How long a registration may take before another may take its name over.
    const PATIENCE: TimeDelta = TimeDelta::minutes(5);

    fn decide(&self, handle: &UserHandle) -> Result<Vec<Event>, Rejection> {
        let reserved = vec![Event::Reserved { user_id: self.user_id }];
        match *handle {
            UserHandle::Free => Ok(reserved),
            UserHandle::Released { reusable_at } if reusable_at <= self.at => Ok(reserved),
            UserHandle::Held { user_id, .. } if user_id == self.user_id => Ok(vec![]),
            UserHandle::Held { user_id, since }
                if self.replacing == Some(user_id) && self.at - since >= Self::PATIENCE =>
            {
                Ok(reserved)
            }
            UserHandle::Released { .. } | UserHandle::Held { .. } => Err(Rejection::Taken),
        }
    }
}

impl Release {
    fn decide(&self, handle: &UserHandle) -> Result<Vec<Event>, Rejection> {
        match *handle {
            UserHandle::Held { user_id, .. } if user_id == self.user_id => {
                Ok(vec![Event::Released { reusable_at: self.reusable_at }])
            }
            UserHandle::Held { .. } => Err(Rejection::NotHeld),
            UserHandle::Free | UserHandle::Released { .. } => Ok(vec![]),
        }
    }
}

impl Aggregate for UserHandle {
    const CATEGORY: &'static str = "user_handle";

    type Id = HandleId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Reserve(reserve) => reserve.decide(self),
            Command::Release(release) => release.decide(self),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match event {
            Event::Reserved { user_id } => Self::Held { user_id: *user_id, since: at },
            Event::Released { reusable_at } => Self::Released { reusable_at: *reusable_at },
        }
    }
}
