//! The slots of a workspace's agent tokens: taken before a token is created, freed after it ends.
//!
//! ```text
//! ──Take──▶ taken ──(until)──▶ past
//!             ├──Pass──▶ passed on: the replacement counts, the replaced one does not
//!             └──Free──▶ gone
//! ```
//!
//! Limits and "revoke all" are folds of this one stream, so they hold under a
//! race without any table. The stream's id is the workspace's.

mod command;
mod event;
mod slots;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{Command, FreeSlot, PassSlot, TakeSlot};
pub use event::{Event, FreedCause};
pub use slots::Slots;
pub use state::{Passed, Slot, WorkspaceQuota};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::WorkspaceId};

/// Why a command on a quota is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this workspace has as many active tokens as its plan allows")]
    LimitReached,
    #[error("this token's slot has been passed on")]
    AlreadyPassed,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::LimitReached => "TOKEN_LIMIT_REACHED",
            Self::AlreadyPassed => "TOKEN_REVOKED",
        }
    }
}

impl Aggregate for WorkspaceQuota {
    const CATEGORY: &'static str = "workspace_quota";

    type Id = WorkspaceId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::TakeSlot(take) => take.decide(self),
            Command::PassSlot(pass) => pass.decide(self),
            Command::FreeSlot(free) => Ok(free.decide(self)),
        }
    }

    fn evolve(mut self, event: &Event, at: Time) -> Self {
        self.apply(event, at);
        self
    }

    fn summarise(&self) -> Option<Event> {
        Some(Event::Summarised(Summary::of(self)))
    }
}
