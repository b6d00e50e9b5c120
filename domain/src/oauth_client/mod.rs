//! OAuth clients: applications that an operator lets ask people for access.
//!
//! ```text
//! Unregistered ──Register──▶ Registered ⇄ suspended
//!                              ⟲ Update, RotateSecret (at most two live)
//! ```
//!
//! The stream's id is derived from the `client_id`, so the stream is also what makes the name
//! unique: whoever registers it second finds it taken. Whether an application can keep a secret
//! (its [`Kind`]) is decided once.

mod command;
mod event;
mod name;
mod particulars;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Command, NewSecret, Register, RotateSecret};
pub use event::Event;
pub use name::{ClientId, InvalidClientId};
pub use particulars::{
    AccessTtl, Changes, ClaimsProfile, Contacts, Homepage, InvalidParticular, Kind, Registration,
};
pub use state::{Client, ClientSecret, OauthClient, Suspension};

use crate::{Aggregate, Time, aggregate, id::OauthClientId};

/// Why a command on a client is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such application")]
    NotFound,
    #[error("this client_id is taken")]
    ClientIdTaken,
    #[error("a public application needs at least one redirect URI, and none has more than twenty")]
    RedirectUris,
    #[error("only a private application has a secret")]
    NoSecrets,
    #[error("a private application needs a secret")]
    SecretRequired,
    #[error("only a private application may keep its refresh tokens")]
    MustRotate,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::ClientIdTaken => "CLIENT_ID_TAKEN",
            Self::RedirectUris => "REDIRECT_URI_INVALID",
            Self::NoSecrets | Self::SecretRequired | Self::MustRotate => "INVALID_INPUT",
        }
    }
}

impl Aggregate for OauthClient {
    const CATEGORY: &'static str = "oauth_client";

    type Id = OauthClientId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unregistered, Command::Register(register)) => register.decide(),
            (Self::Unregistered, _) => Err(Rejection::NotFound),
            (Self::Registered(_), Command::Register(_)) => Err(Rejection::ClientIdTaken),
            (Self::Registered(client), command) => command.decide(client),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Registered(registration)) => {
                Self::Registered(Box::new(Client::new(registration, at)))
            }
            (Self::Registered(mut client), event) => {
                client.apply(event, at);
                Self::Registered(client)
            }
            // What needs a client and finds none is impossible, and too late to argue with.
            (Self::Unregistered, _) => Self::Unregistered,
        }
    }
}
