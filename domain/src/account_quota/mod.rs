//! The places of a workspace's connected accounts: taken before an account appears, freed after.
//!
//! The limit of a plan is a fold of this one stream, so it holds under a race without any table.
//! The stream's id is the workspace's.

mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::summary::Summary;
use crate::{
    Aggregate, StoredEvent, Time, aggregate, event,
    id::{ConnectedAccountId, UserId, VaultRef, WorkspaceId},
    keyed_id::PlatformIdentityId,
};

/// The places that are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountQuota {
    pub places: BTreeMap<ConnectedAccountId, Place>,
}

/// All that is to be undone if the account never appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub identity: PlatformIdentityId,
    pub vault_ref: VaultRef,
    pub taken_by: UserId,
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "account_place.taken")]
    Taken {
        account_id: ConnectedAccountId,
        #[serde(flatten)]
        place: Place,
    },
    #[serde(rename = "account_place.freed")]
    Freed { account_id: ConnectedAccountId },
    #[serde(rename = "account_quota.summarised")]
    Summarised(Summary),
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "account_quota.summarised", schema: 1 });
}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Taking a place again is taking it once.
    Take {
        account_id: ConnectedAccountId,
        place: Place,
        /// Connected accounts that the plan allows now.
        limit: u32,
    },
    Free {
        account_id: ConnectedAccountId,
    },
}

/// Why a command on a quota is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this workspace has as many connected accounts as its plan allows")]
    LimitReached,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::LimitReached => "ACCOUNT_LIMIT_REACHED",
        }
    }
}

impl AccountQuota {
    /// Tells whether one more account is allowed.
    pub fn has_room(&self, limit: u32) -> bool {
        self.places.len() < usize::try_from(limit).unwrap_or(usize::MAX)
    }
}

impl Aggregate for AccountQuota {
    const CATEGORY: &'static str = "account_quota";

    type Id = WorkspaceId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match *command {
            Command::Take { account_id, .. } if self.places.contains_key(&account_id) => Ok(vec![]),
            Command::Take { account_id, place, limit } if self.has_room(limit) => {
                Ok(vec![Event::Taken { account_id, place }])
            }
            Command::Take { .. } => Err(Rejection::LimitReached),
            Command::Free { account_id } if self.places.contains_key(&account_id) => {
                Ok(vec![Event::Freed { account_id }])
            }
            Command::Free { .. } => Ok(vec![]),
        }
    }

    fn evolve(mut self, event: &Event, _: Time) -> Self {
        match event {
            Event::Taken { account_id, place } => {
                self.places.insert(*account_id, *place);
            }
            Event::Freed { account_id } => {
                self.places.remove(account_id);
            }
            Event::Summarised(summary) => self = summary.restore(),
        }
        self
    }

    fn summarise(&self) -> Option<Event> {
        Some(Event::Summarised(Summary::of(self)))
    }
}
