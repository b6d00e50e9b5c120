//! People: registered once, known by a number and a name, locked or deactivated at times.
//!
//! ```text
//! Unknown ──Register──▶ Registered ⇄ locked (until a time), ⇄ deactivated
//!    └──Abandon──▶ Abandoned: nobody can be given this id any more
//! ```
//!
//! The password never enters the domain; a vault stream keeps its Argon2id hash.
//! Ending credentials kills every login whose decision saw an earlier
//! [`Revision`], with no list of logins anywhere.

mod command;
mod event;
mod profile;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{ChangeProfile, Command, Lock, Register};
pub use event::{
    Cause, Credential, Event, IgnoredReason, LockCause, Membership, MembershipRole, Origin,
};
pub use profile::Profile;
pub use state::{Deactivation, Locked, Person, Revision, User};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::UserId};

/// Why a command on a user is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such user")]
    NotFound,
    #[error("this user is registered already")]
    AlreadyRegistered,
    #[error("this user was given up before the registration was complete")]
    Abandoned,
    #[error("this user is deactivated")]
    Deactivated,
    #[error("this user is linked to another account of the identity provider")]
    LinkedElsewhere,
    #[error("this user is not to be erased")]
    NotErasing,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "USER_NOT_FOUND",
            Self::AlreadyRegistered => "USER_ALREADY_REGISTERED",
            Self::Abandoned => "USER_ABANDONED",
            Self::Deactivated => "USER_DEACTIVATED",
            Self::LinkedElsewhere => "LINKED_ELSEWHERE",
            Self::NotErasing => "ERASURE_NOT_REQUESTED",
        }
    }
}

impl Aggregate for User {
    const CATEGORY: &'static str = "user";

    type Id = UserId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unknown, Command::Register(register)) => Ok(register.decide()),
            (Self::Unknown, Command::Abandon) => Ok(vec![Event::Abandoned {}]),
            (Self::Abandoned, Command::Abandon) => Ok(vec![]),
            (Self::Abandoned, Command::Register(_)) => Err(Rejection::Abandoned),
            (Self::Unknown | Self::Abandoned, _) => Err(Rejection::NotFound),

            (Self::Registered(_), Command::Register(_) | Command::Abandon) => {
                Err(Rejection::AlreadyRegistered)
            }
            (Self::Registered(person), command) => command.decide(person),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Registered { number, handle, origin, subject_key_id }) => {
                let person = Person::new(*number, handle.clone(), *origin, *subject_key_id, at);
                Self::Registered(Box::new(person))
            }
            (_, Event::Summarised(summary)) => Self::Registered(Box::new(summary.restore())),
            (Self::Unknown, Event::Abandoned {}) => Self::Abandoned,
            (Self::Registered(mut person), event) => {
                person.apply(event, at);
                Self::Registered(person)
            }
            // What needs a person and finds none is impossible, and too late to argue with.
            (state @ (Self::Unknown | Self::Abandoned), _) => state,
        }
    }

    fn summarise(&self) -> Option<Event> {
        self.person().map(|person| Event::Summarised(Box::new(Summary::of(person))))
    }
}
