//! The keyring as one event, so that a fold need not begin at the beginning.

use serde::{Deserialize, Serialize};

use super::{Key, KeyState, Keyring, Kid, PublicJwk};
use crate::{Time, id::VaultRef};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    keys: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    kid: Kid,
    public_jwk: PublicJwk,
    activates_at: Time,
    provider_ref: VaultRef,
    #[serde(flatten)]
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum State {
    Announced,
    Active,
    Retired { drop_at: Time },
    Compromised,
}

impl Summary {
    pub(super) fn of(keyring: &Keyring) -> Self {
        Self { keys: keyring.keys.iter().map(Kept::of).collect() }
    }

    pub(super) fn restore(&self) -> Keyring {
        Keyring { keys: self.keys.iter().map(Kept::restore).collect() }
    }
}

impl Kept {
    fn of(key: &Key) -> Self {
        let state = match key.state {
            KeyState::Announced => State::Announced,
            KeyState::Active => State::Active,
            KeyState::Retired { drop_at } => State::Retired { drop_at },
            KeyState::Compromised => State::Compromised,
        };
        Self {
            kid: key.kid.clone(),
            public_jwk: key.public_jwk.clone(),
            activates_at: key.activates_at,
            provider_ref: key.provider_ref,
            state,
        }
    }

    fn restore(&self) -> Key {
        let state = match self.state {
            State::Announced => KeyState::Announced,
            State::Active => KeyState::Active,
            State::Retired { drop_at } => KeyState::Retired { drop_at },
            State::Compromised => KeyState::Compromised,
        };
        Key {
            kid: self.kid.clone(),
            public_jwk: self.public_jwk.clone(),
            activates_at: self.activates_at,
            provider_ref: self.provider_ref,
            state,
        }
    }
}
