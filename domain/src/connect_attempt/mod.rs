//! Attempts to connect an account: begun by one person in one session, and good for one answer.
//!
//! ```text
//! Unstarted ──Start──▶ Open ──Claim──▶ Claimed ──Complete──▶ Completed
//!                       └───────────────┴──Refuse──▶ Refused
//! ```
//!
//! Claiming spends the `state` before the code is shown to the provider: of any number of
//! callbacks one goes on, and what a crash leaves is spent (RFC 6749 10.12).

mod command;
mod event;
#[cfg(test)]
mod tests;

pub use command::{Claim, Command};
pub use event::{Event, RefusalCause, ReturnTo, Started};

use crate::{
    Aggregate, Retention, Time, aggregate,
    id::{ConnectAttemptId, ConnectedAccountId},
};

/// One attempt, from before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ConnectAttempt {
    #[default]
    Unstarted,
    Open(Box<Started>),
    /// Somebody came back with the right state and is at it, or died at it.
    Claimed(Box<Started>),
    Completed {
        account_id: ConnectedAccountId,
    },
    Refused {
        cause: RefusalCause,
    },
}

impl ConnectAttempt {
    /// What was begun, while it is not answered.
    pub fn started(&self) -> Option<&Started> {
        match self {
            Self::Open(started) | Self::Claimed(started) => Some(started),
            Self::Unstarted | Self::Completed { .. } | Self::Refused { .. } => None,
        }
    }
}

/// Why a command on an attempt is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is an attempt of this id already")]
    AlreadyStarted,
    /// Unknown, spent, expired, another person's or another session's: they are not told apart.
    #[error("this state is not one that is waited for")]
    StateMismatch,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyStarted => "CONNECT_ALREADY_STARTED",
            Self::StateMismatch => "STATE_MISMATCH",
        }
    }
}

impl Aggregate for ConnectAttempt {
    const CATEGORY: &'static str = "connect_attempt";
    const RETENTION: Retention = Retention::Hours(1);

    type Id = ConnectAttemptId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unstarted, Command::Start(started)) => {
                Ok(vec![Event::Started(Box::new(started.clone()))])
            }
            (_, Command::Start(_)) => Err(Rejection::AlreadyStarted),
            (Self::Open(started), Command::Claim(claim)) => claim.decide(started),
            (Self::Claimed(_), Command::Complete { account_id }) => {
                Ok(vec![Event::Completed { account_id: *account_id }])
            }
            (Self::Completed { account_id: done }, Command::Complete { account_id })
                if done == account_id =>
            {
                Ok(vec![])
            }
            (_, Command::Claim(_) | Command::Complete { .. }) => Err(Rejection::StateMismatch),
            (Self::Claimed(_), Command::Refuse { cause }) => {
                Ok(vec![Event::Refused { cause: *cause }])
            }
            (_, Command::Refuse { .. }) => Ok(vec![]),
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match (self, event) {
            (_, Event::Started(started)) => Self::Open(started.clone()),
            (Self::Open(started), Event::Claimed {}) => Self::Claimed(started),
            (_, Event::Completed { account_id }) => Self::Completed { account_id: *account_id },
            (_, Event::Refused { cause }) => Self::Refused { cause: *cause },
            // Impossible, and too late to argue with.
            (state, Event::Claimed {}) => state,
        }
    }
}
