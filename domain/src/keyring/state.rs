//! The signing keys of the service.

use std::{fmt, str::FromStr};

use super::{Event, Kid, PublicJwk};
use crate::{
    Time,
    id::{InvalidId, VaultRef},
};

/// There is one keyring; its stream is `keyring-main`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyringId;

impl fmt::Display for KeyringId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("main")
    }
}

impl FromStr for KeyringId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == "main" { Ok(Self) } else { Err(InvalidId) }
    }
}

/// The keys that are not dropped yet, in the order they were announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    pub keys: Vec<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub kid: Kid,
    pub public_jwk: PublicJwk,
    pub activates_at: Time,
    pub provider_ref: VaultRef,
    pub state: KeyState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, does not sign yet.
    Announced,
    /// Signs; at most one.
    Active,
    /// Signs no more; what it signed is believed until it is dropped.
    Retired { drop_at: Time },
    /// Nothing it signed is believed.
    Compromised,
}

impl Keyring {
    /// The key that signs, where there is one.
    pub fn active(&self) -> Option<&Key> {
        self.keys.iter().find(|key| key.state == KeyState::Active)
    }

    pub fn key(&self, kid: &Kid) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == *kid)
    }

    /// The keys whose signatures are believed: what `/oauth/jwks` shows.
    pub fn published(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| key.state != KeyState::Compromised)
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Announced { kid, public_jwk, activates_at, provider_ref } => {
                self.keys.push(Key {
                    kid: kid.clone(),
                    public_jwk: public_jwk.clone(),
                    activates_at: *activates_at,
                    provider_ref: *provider_ref,
                    state: KeyState::Announced,
                });
            }
            Event::Activated { kid } => self.set(kid, KeyState::Active),
            Event::Retired { kid, drop_at } => {
                self.set(kid, KeyState::Retired { drop_at: *drop_at });
            }
            Event::Dropped { kid } => self.keys.retain(|key| key.kid != *kid),
            Event::Compromised { kid } => self.set(kid, KeyState::Compromised),
            Event::Summarised(summary) => *self = summary.restore(),
        }
    }

    fn set(&mut self, kid: &Kid, state: KeyState) {
        if let Some(key) = self.keys.iter_mut().find(|key| key.kid == *kid) {
            key.state = state;
        }
    }
}
