//! Which workspace an organisation of the identity provider is here: bound once, and never again
//! after its deletion.
//!
//! ```text
//! Unknown ──Bind──▶ Bound ──Delete──▶ Deleted, for good
//!    └──────Delete───────────────────────┘
//! ```
//!
//! Of two names that the provider gives it, the later holds, whichever comes first.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use crate::keyed_id::ClerkOrgId;
use crate::{Aggregate, StoredEvent, Time, aggregate, id::WorkspaceId};

/// One organisation of the identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClerkOrg {
    #[default]
    Unknown,
    Bound {
        workspace_id: WorkspaceId,
        /// When the provider gave it the name that it has here; none before it had one.
        named_at: Option<Time>,
    },
    Deleted {
        /// What it was, where it was known.
        workspace_id: Option<WorkspaceId>,
    },
}

impl ClerkOrg {
    /// The workspace, whether or not the provider still has the organisation.
    pub const fn workspace(&self) -> Option<WorkspaceId> {
        match self {
            Self::Bound { workspace_id, .. } => Some(*workspace_id),
            Self::Deleted { workspace_id } => *workspace_id,
            Self::Unknown => None,
        }
    }
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "clerk_org.bound")]
    Bound { workspace_id: WorkspaceId },
    /// The name itself is the workspace's.
    #[serde(rename = "clerk_org.named")]
    Named { source_updated_at: Time },
    #[serde(rename = "clerk_org.deleted")]
    Deleted {},
}

impl StoredEvent for Event {}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    Bind {
        workspace_id: WorkspaceId,
    },
    /// It has another name since then. Nothing, where that is known, or was so before.
    Name {
        source_updated_at: Time,
    },
    Delete,
}

/// Why a command on an organisation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this organisation is another workspace")]
    BoundElsewhere,
    #[error("this organisation is not known")]
    Unknown,
    #[error("the identity provider has deleted this organisation")]
    Deleted,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::BoundElsewhere => "CLERK_ORG_BOUND_ELSEWHERE",
            Self::Unknown => "NOT_FOUND",
            Self::Deleted => "CLERK_ORG_DELETED",
        }
    }
}

impl Aggregate for ClerkOrg {
    const CATEGORY: &'static str = "clerk_org";

    type Id = ClerkOrgId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (*self, *command) {
            (Self::Unknown, Command::Bind { workspace_id }) => {
                Ok(vec![Event::Bound { workspace_id }])
            }
            (Self::Bound { workspace_id: held, .. }, Command::Bind { workspace_id }) => {
                if held == workspace_id { Ok(vec![]) } else { Err(Rejection::BoundElsewhere) }
            }
            (Self::Bound { named_at, .. }, Command::Name { source_updated_at }) => {
                let is_late = named_at.is_some_and(|last| source_updated_at <= last);
                Ok(if is_late { vec![] } else { vec![Event::Named { source_updated_at }] })
            }
            (Self::Unknown, Command::Name { .. }) => Err(Rejection::Unknown),
            (Self::Deleted { .. }, Command::Bind { .. } | Command::Name { .. }) => {
                Err(Rejection::Deleted)
            }
            (Self::Deleted { .. }, Command::Delete) => Ok(vec![]),
            (Self::Unknown | Self::Bound { .. }, Command::Delete) => Ok(vec![Event::Deleted {}]),
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match (self, *event) {
            (_, Event::Bound { workspace_id }) => Self::Bound { workspace_id, named_at: None },
            (Self::Bound { workspace_id, .. }, Event::Named { source_updated_at }) => {
                Self::Bound { workspace_id, named_at: Some(source_updated_at) }
            }
            (state, Event::Deleted {}) => Self::Deleted { workspace_id: state.workspace() },
            // A name of what is not there is impossible, and too late to argue with.
            (state @ (Self::Unknown | Self::Deleted { .. }), Event::Named { .. }) => state,
        }
    }
}
