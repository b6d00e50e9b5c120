//! What the identity provider says of somebody in one of its organisations.
//!
//! What is said is put on record first and then brought about in the workspace, so whatever comes
//! late finds that it is late, and what a crash cut off is found undone.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use crate::keyed_id::ClerkMemberId;
use crate::{
    Aggregate, StoredEvent, Time, aggregate,
    id::{UserId, WorkspaceId},
    role::Role,
};

/// One person in one organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClerkMember {
    /// The last that was said; none where nothing was.
    pub said: Option<Said>,
}

/// What was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// None for somebody who does not belong to it, or not any more.
    pub role: Option<Role>,
    /// When it was so, by the provider's clock.
    pub at: Time,
    /// The workspace is as it says.
    pub applied: bool,
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "clerk_member.said")]
    Said {
        workspace_id: WorkspaceId,
        user_id: UserId,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        role: Option<Role>,
        source_updated_at: Time,
    },
    #[serde(rename = "clerk_member.applied")]
    Applied { source_updated_at: Time },
}

impl StoredEvent for Event {}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Nothing, where it is no news: the same role as before, or one from earlier.
    Say { workspace_id: WorkspaceId, user_id: UserId, role: Option<Role>, source_updated_at: Time },
    /// Nothing, where something else was said since.
    Apply { source_updated_at: Time },
}

/// No command on it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match *self {}
    }
}

impl Aggregate for ClerkMember {
    const CATEGORY: &'static str = "clerk_member";

    type Id = ClerkMemberId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        Ok(match (*command, self.said) {
            (Command::Say { role, source_updated_at: at, .. }, Some(last))
                if at <= last.at || role == last.role =>
            {
                vec![]
            }
            // Who never belonged to it does not leave it; but what comes late must find that out.
            (Command::Say { workspace_id, user_id, role, source_updated_at }, _) => {
                vec![Event::Said { workspace_id, user_id, role, source_updated_at }]
            }
            (Command::Apply { source_updated_at }, Some(last))
                if source_updated_at == last.at && !last.applied =>
            {
                vec![Event::Applied { source_updated_at }]
            }
            (Command::Apply { .. }, _) => vec![],
        })
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match *event {
            Event::Said { role, source_updated_at: at, .. } => {
                Self { said: Some(Said { role, at, applied: false }) }
            }
            Event::Applied { source_updated_at: at } => {
                let done = |said: Said| Said { applied: said.applied || said.at == at, ..said };
                Self { said: self.said.map(done) }
            }
        }
    }
}
