//! Service credentials: how other services and operators' scripts sign in.
//!
//! ```text
//! Unissued ──Create──▶ Active ──(expires_at)──▶ Expired
//!                        └──Revoke──▶ Revoked, for good
//! ```
//!
//! One without a workspace is the operator's, and only an operator makes it.

mod command;
mod event;
#[cfg(test)]
mod tests;

pub use command::{Command, Create, Revoke};
pub use event::{Created, Event};

use crate::{Aggregate, Time, actor::Actor, aggregate, id::ServiceCredentialId};

/// One service credential, from before it exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ServiceCredential {
    #[default]
    Unissued,
    Issued(Box<Issued>),
}

/// A credential that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Issued {
    pub created: Created,
    pub created_at: Time,
    pub revoked: Option<Revocation>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Revocation {
    pub by: Actor,
    pub at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Active,
    Expired,
    Revoked,
}

impl ServiceCredential {
    /// The credential, where there is one.
    pub fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Issued(credential) => Some(credential),
            Self::Unissued => None,
        }
    }
}

impl Issued {
    /// Judges the credential at a moment. Revoked goes before expired.
    pub fn status(&self, at: Time) -> Status {
        if self.revoked.is_some() {
            Status::Revoked
        } else if self.created.expires_at.is_some_and(|expiry| expiry <= at) {
            Status::Expired
        } else {
            Status::Active
        }
    }
}

/// Why a command on a service credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such service credential")]
    NotFound,
    #[error("this service credential exists already")]
    AlreadyCreated,
    #[error("a service credential must expire after it is created")]
    ExpiresInPast,
    #[error("a service credential needs a scope")]
    NoScopes,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyCreated => "SERVICE_CREDENTIAL_ALREADY_CREATED",
            Self::ExpiresInPast => "EXPIRES_IN_PAST",
            Self::NoScopes => "INVALID_INPUT",
        }
    }
}

impl Aggregate for ServiceCredential {
    const CATEGORY: &'static str = "service_credential";

    type Id = ServiceCredentialId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unissued, Command::Create(create)) => create.decide(),
            (Self::Unissued, Command::Revoke(_)) => Err(Rejection::NotFound),
            (Self::Issued(_), Command::Create(_)) => Err(Rejection::AlreadyCreated),
            (Self::Issued(credential), Command::Revoke(revoke)) => Ok(revoke.decide(credential)),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Created(created)) => {
                let created = (**created).clone();
                Self::Issued(Box::new(Issued { created, created_at: at, revoked: None }))
            }
            (Self::Issued(mut credential), Event::Revoked { by }) => {
                credential.revoked = Some(Revocation { by: by.clone(), at });
                Self::Issued(credential)
            }
            // Impossible, and too late to argue with.
            (Self::Unissued, Event::Revoked { .. }) => Self::Unissued,
        }
    }
}
