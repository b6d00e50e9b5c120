//! The keys that sign access tokens: announced, active one at a time, retired, dropped.
//!
//! ```text
//! ──Announce──▶ Announced ──Activate──▶ Active ──(another is activated)──▶ Retired ──Drop──▶ gone
//!                   └──Retire──────────────────────────────────────────▶ Retired
//! any ──Compromise──▶ Compromised: published no more, trusted no more
//! ```
//!
//! A key is published before it signs and for as long as its signatures live, so
//! that no cache of public keys is ever behind a signature. Where none is
//! active, the next one announced is at once. Private keys lie in vault streams.

mod command;
mod event;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{Activate, Announce, Command, Retire};
pub use event::{Event, Kid, PublicJwk};
pub use state::{Key, KeyState, Keyring, KeyringId};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate};

/// Why a command on the keyring is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such key")]
    NotFound,
    #[error("this key was announced already, with other particulars")]
    AlreadyAnnounced,
    #[error("this key would sign before every cache of keys knows it")]
    TooSoon,
    #[error("the active key cannot be retired before another takes over")]
    Active,
    #[error("this key's signatures may still be in use")]
    StillNeeded,
    #[error("this key is retired or compromised, and signs no more")]
    Finished,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyAnnounced => "KEY_ALREADY_ANNOUNCED",
            Self::TooSoon => "KEY_TOO_SOON",
            Self::Active => "KEY_ACTIVE",
            Self::StillNeeded => "KEY_STILL_NEEDED",
            Self::Finished => "KEY_FINISHED",
        }
    }
}

impl Aggregate for Keyring {
    const CATEGORY: &'static str = "keyring";

    type Id = KeyringId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Announce(announce) => announce.decide(self),
            Command::Activate(activate) => activate.decide(self),
            Command::Retire(retire) => retire.decide(self),
            Command::Drop { kid, at } => command::drop(self, kid, *at),
            Command::Compromise { kid } => command::compromise(self, kid),
        }
    }

    fn evolve(mut self, event: &Event, _: Time) -> Self {
        self.apply(event);
        self
    }

    fn summarise(&self) -> Option<Event> {
        Some(Event::Summarised(Summary::of(self)))
    }
}
