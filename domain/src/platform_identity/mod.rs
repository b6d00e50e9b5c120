//! Identities on platforms: each connected once in a workspace.
//!
//! ```text
//! Free ──Reserve──▶ Held ──Release──▶ Free
//!                    └──Reserve, replacing an account that is disconnected or never was──▶ Held
//! ```
//!
//! The stream's id is an HMAC of workspace, platform and id there, so the log tells neither.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use crate::keyed_id::PlatformIdentityId;
use crate::{Aggregate, StoredEvent, Time, aggregate, id::ConnectedAccountId};

/// Which connected account holds an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlatformIdentity {
    #[default]
    Free,
    Held {
        account_id: ConnectedAccountId,
        since: Time,
    },
}

impl PlatformIdentity {
    pub const fn holder(&self) -> Option<ConnectedAccountId> {
        match self {
            Self::Held { account_id, .. } => Some(*account_id),
            Self::Free => None,
        }
    }
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "platform_identity.reserved")]
    Reserved { account_id: ConnectedAccountId },
    #[serde(rename = "platform_identity.released")]
    Released { account_id: ConnectedAccountId },
}

impl StoredEvent for Event {}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    Reserve {
        account_id: ConnectedAccountId,
        /// A holder whose stream says that it is disconnected or abandoned, which is final.
        replacing: Option<ConnectedAccountId>,
    },
    /// Only its holder's to give; anyone else's is nothing.
    Release { account_id: ConnectedAccountId },
}

/// Why a command on an identity is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this account is connected to the workspace already")]
    Taken,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken => "ACCOUNT_ALREADY_CONNECTED",
        }
    }
}

impl Aggregate for PlatformIdentity {
    const CATEGORY: &'static str = "platform_identity";

    type Id = PlatformIdentityId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (*command, self.holder()) {
            (Command::Reserve { account_id, .. }, None) => Ok(vec![Event::Reserved { account_id }]),
            (Command::Reserve { account_id, .. }, Some(holder)) if holder == account_id => {
                Ok(vec![])
            }
            (Command::Reserve { account_id, replacing }, holder) if holder == replacing => {
                Ok(vec![Event::Reserved { account_id }])
            }
            (Command::Reserve { .. }, Some(_)) => Err(Rejection::Taken),
            (Command::Release { account_id }, holder) if holder == Some(account_id) => {
                Ok(vec![Event::Released { account_id }])
            }
            (Command::Release { .. }, _) => Ok(vec![]),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match event {
            Event::Reserved { account_id } => Self::Held { account_id: *account_id, since: at },
            Event::Released { .. } => Self::Free,
        }
    }
}
