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
    state: State,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    drop_at: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Announced,
    Active,
    Retired,
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
        let (state, drop_at) = match key.state {
            KeyState::Announced => (State::Announced, None),
            KeyState::Active => (State::Active, None),
            KeyState::Retired { drop_at } => (State::Retired, Some(drop_at)),
            KeyState::Compromised => (State::Compromised, None),
        };
        Self {
            kid: key.kid.clone(),
            public_jwk: key.public_jwk.clone(),
            activates_at: key.activates_at,
            provider_ref: key.provider_ref,
            state,
            drop_at,
        }
    }

    fn restore(&self) -> Key {
        let state = match (self.state, self.drop_at) {
            (State::Announced, _) => KeyState::Announced,
            (State::Active, _) => KeyState::Active,
            (State::Retired, drop_at) => {
                KeyState::Retired { drop_at: drop_at.unwrap_or(Time::MAX_UTC) }
            }
            (State::Compromised, _) => KeyState::Compromised,
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
