//! What one can ask of the keyring.

use chrono::TimeDelta;

use super::{Event, KeyState, Keyring, Kid, PublicJwk, Rejection};
use crate::{Time, id::VaultRef};

#[derive(Clone, Debug)]
pub enum Command {
    Announce(Announce),
    Activate(Activate),
    Retire(Retire),
    /// Forgets a retired key, once its time has come.
    Drop {
        kid: Kid,
        at: Time,
    },
    /// Distrusts a key and all it signed, at once.
    Compromise {
        kid: Kid,
    },
}

/// `RotateSigningKey`, first half: the private key lies in the vault.
#[derive(Clone, Debug)]
pub struct Announce {
    pub kid: Kid,
    pub public_jwk: PublicJwk,
    pub provider_ref: VaultRef,
    /// How long before its first signature the key must be published: at least twice as long as
    /// caches keep keys.
    pub lead: TimeDelta,
    pub at: Time,
}

/// `RotateSigningKey`, second half: the key takes over, and the one before it retires.
#[derive(Clone, Debug)]
pub struct Activate {
    pub kid: Kid,
    /// When all that the former key signed has expired.
    pub former_drops_at: Time,
    pub at: Time,
}

/// Withdraws a key that was announced and shall never sign.
#[derive(Clone, Debug)]
pub struct Retire {
    pub kid: Kid,
    pub drop_at: Time,
}

impl Announce {
    pub(super) fn decide(&self, keyring: &Keyring) -> Result<Vec<Event>, Rejection> {
        if let Some(key) = keyring.key(&self.kid) {
            let same = key.public_jwk == self.public_jwk && key.provider_ref == self.provider_ref;
            return if same { Ok(vec![]) } else { Err(Rejection::AlreadyAnnounced) };
        }
        // With nothing to sign with, waiting for caches helps nobody.
        let at_once = keyring.active().is_none();
        let announced = Event::Announced {
            kid: self.kid.clone(),
            public_jwk: self.public_jwk.clone(),
            activates_at: if at_once { self.at } else { self.at + self.lead },
            provider_ref: self.provider_ref,
        };
        let activated = at_once.then(|| Event::Activated { kid: self.kid.clone() });
        Ok([announced].into_iter().chain(activated).collect())
    }
}

impl Activate {
    pub(super) fn decide(&self, keyring: &Keyring) -> Result<Vec<Event>, Rejection> {
        let key = keyring.key(&self.kid).ok_or(Rejection::NotFound)?;
        match key.state {
            KeyState::Active => Ok(vec![]),
            KeyState::Retired { .. } | KeyState::Compromised => Err(Rejection::Finished),
            KeyState::Announced if self.at < key.activates_at => Err(Rejection::TooSoon),
            KeyState::Announced => {
                let activated = Event::Activated { kid: self.kid.clone() };
                let retired = keyring.active().map(|former| Event::Retired {
                    kid: former.kid.clone(),
                    drop_at: self.former_drops_at,
                });
                Ok([activated].into_iter().chain(retired).collect())
            }
        }
    }
}

impl Retire {
    pub(super) fn decide(&self, keyring: &Keyring) -> Result<Vec<Event>, Rejection> {
        match keyring.key(&self.kid).ok_or(Rejection::NotFound)?.state {
            KeyState::Active => Err(Rejection::Active),
            KeyState::Retired { .. } | KeyState::Compromised => Ok(vec![]),
            KeyState::Announced => {
                Ok(vec![Event::Retired { kid: self.kid.clone(), drop_at: self.drop_at }])
            }
        }
    }
}

/// Dropping what is not there is dropping it twice.
pub(super) fn drop(keyring: &Keyring, kid: &Kid, at: Time) -> Result<Vec<Event>, Rejection> {
    match keyring.key(kid).map(|key| key.state) {
        None => Ok(vec![]),
        Some(KeyState::Announced | KeyState::Active) => Err(Rejection::StillNeeded),
        Some(KeyState::Retired { drop_at }) if at < drop_at => Err(Rejection::StillNeeded),
        Some(KeyState::Retired { .. } | KeyState::Compromised) => {
            Ok(vec![Event::Dropped { kid: kid.clone() }])
        }
    }
}

pub(super) fn compromise(keyring: &Keyring, kid: &Kid) -> Result<Vec<Event>, Rejection> {
    match keyring.key(kid).ok_or(Rejection::NotFound)?.state {
        KeyState::Compromised => Ok(vec![]),
        KeyState::Announced | KeyState::Active | KeyState::Retired { .. } => {
            Ok(vec![Event::Compromised { kid: kid.clone() }])
        }
    }
}
