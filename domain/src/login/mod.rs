//! Logins: a person signed in with a browser, until they sign out.
//!
//! ```text
//! Unstarted ──Start──▶ Live ──(expires_at)──▶ Expired
//!     │                 └──End──▶ Ended, for good
//!     └──End──▶ Ended: it can never start
//! ```
//!
//! The log keeps the SHA-256 of the cookie. A later end of its person's credentials, or their
//! deactivation, ends a login without a word in its own stream.

mod command;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::{EndCause, Event, Method, Started};

use crate::{Aggregate, Retention, Time, aggregate, id::LoginId, user::Person};

/// One login, from before it starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Login {
    #[default]
    Unstarted,
    /// Ended before it started, so that it never can.
    Forestalled(End),
    Started(Box<Session>),
}

/// A login that started.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub started: Started,
    pub started_at: Time,
    pub ended: Option<End>,
}

/// Why and when a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub cause: EndCause,
    pub at: Time,
}

impl Login {
    /// The login, where it started.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Started(session) => Some(session),
            Self::Unstarted | Self::Forestalled(_) => None,
        }
    }

    /// Why it ended, where it did.
    pub fn end(&self) -> Option<&End> {
        match self {
            Self::Unstarted => None,
            Self::Forestalled(end) => Some(end),
            Self::Started(session) => session.ended.as_ref(),
        }
    }
}

impl Session {
    /// Tells whether `person`, whose login it is, is signed in by it at a moment.
    pub fn is_live(&self, person: &Person, at: Time) -> bool {
        self.ended.is_none()
            && at < self.started.expires_at
            && person.accepts_credentials_of(self.started.user_revision)
    }
}

/// Why a command on a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this login has begun already")]
    AlreadyStarted,
    #[error("this login has ended")]
    Ended,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyStarted => "LOGIN_ALREADY_STARTED",
            Self::Ended => "LOGIN_ENDED",
        }
    }
}

impl Aggregate for Login {
    const CATEGORY: &'static str = "login";
    const RETENTION: Retention = Retention::Days(90);

    type Id = LoginId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unstarted, Command::Start(started)) => {
                Ok(vec![Event::Started(Box::new(started.clone()))])
            }
            (Self::Started(_), Command::Start(_)) => Err(Rejection::AlreadyStarted),
            (Self::Forestalled(_), Command::Start(_)) => Err(Rejection::Ended),
            (state, Command::End { .. }) if state.end().is_some() => Ok(vec![]),
            (_, Command::End { cause }) => Ok(vec![Event::Ended { cause: *cause }]),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (Self::Unstarted, Event::Started(started)) => {
                let started = (**started).clone();
                Self::Started(Box::new(Session { started, started_at: at, ended: None }))
            }
            (Self::Unstarted, Event::Ended { cause }) => {
                Self::Forestalled(End { cause: *cause, at })
            }
            (Self::Started(mut session), Event::Ended { cause }) => {
                session.ended.get_or_insert(End { cause: *cause, at });
                Self::Started(session)
            }
            // Impossible, and too late to argue with.
            (state @ (Self::Forestalled(_) | Self::Started(_)), _) => state,
        }
    }
}
