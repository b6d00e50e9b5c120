//! Workspaces: the tenants that own tokens; who belongs to them, and on what plan they are.
//!
//! ```text
//! Absent ──Create──▶ Open: its owner is its first member
//!    └──Abandon──▶ Abandoned: nobody can be given this id any more
//! ```
//!
//! A workspace is never without an owner. Nobody gives a role that they do not
//! govern, so nobody rises by their own hand.

mod command;
mod event;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{
    AddMember, Authority, ChangeMemberRole, ChangePlan, ChangePolicy, Command, Create,
    PolicyChange, RemoveMember, Rename, TokenLife,
};
pub use event::{Event, PlanSource, Policy};
pub use state::{Member, Open, Workspace};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::WorkspaceId};

/// Why a command on a workspace is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such workspace")]
    NotFound,
    #[error("this workspace exists already")]
    AlreadyCreated,
    #[error("this workspace was given up before it was created")]
    Abandoned,
    /// The caller's role does not allow it; answered as a lack of permission.
    #[error("this takes a higher role in the workspace")]
    Forbidden,
    #[error("a workspace must keep an owner")]
    LastOwner,
    #[error("this person is a member already")]
    AlreadyMember,
    #[error("this person is no member")]
    UserNotFound,
    #[error("an owner may lower the plan, but only the operator may raise it")]
    PlanRaiseRefused,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyCreated => "WORKSPACE_ALREADY_CREATED",
            Self::Abandoned => "WORKSPACE_ABANDONED",
            Self::Forbidden => "FORBIDDEN",
            Self::LastOwner => "LAST_OWNER",
            Self::AlreadyMember => "ALREADY_MEMBER",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::PlanRaiseRefused => "PLAN_RAISE_REFUSED",
        }
    }
}

impl Aggregate for Workspace {
    const CATEGORY: &'static str = "workspace";

    type Id = WorkspaceId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Create(create)) => Ok(create.decide()),
            (Self::Absent, Command::Abandon) => Ok(vec![Event::Abandoned {}]),
            (Self::Abandoned, Command::Abandon) => Ok(vec![]),
            (Self::Abandoned, Command::Create(_)) => Err(Rejection::Abandoned),
            (Self::Absent | Self::Abandoned, _) => Err(Rejection::NotFound),

            (Self::Open(_), Command::Create(_) | Command::Abandon) => {
                Err(Rejection::AlreadyCreated)
            }
            (Self::Open(open), Command::Rename(rename)) => rename.decide(open),
            (Self::Open(open), Command::ChangePlan(change)) => change.decide(open),
            (Self::Open(open), Command::ChangePolicy(change)) => change.decide(open),
            (Self::Open(open), Command::AddMember(add)) => add.decide(open),
            (Self::Open(open), Command::ChangeMemberRole(change)) => change.decide(open),
            (Self::Open(open), Command::RemoveMember(remove)) => remove.decide(open),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Created { owner, name, plan }) => {
                Self::Open(Box::new(Open::new(*owner, name.clone(), *plan, at)))
            }
            (_, Event::Summarised(summary)) => Self::Open(Box::new(summary.restore())),
            (Self::Absent, Event::Abandoned {}) => Self::Abandoned,
            (Self::Open(mut open), event) => {
                open.apply(event, at);
                Self::Open(open)
            }
            // What needs a workspace and finds none is impossible, and too late to argue with.
            (state @ (Self::Absent | Self::Abandoned), _) => state,
        }
    }

    fn summarise(&self) -> Option<Event> {
        self.open().map(|open| Event::Summarised(Box::new(Summary::of(open))))
    }
}
