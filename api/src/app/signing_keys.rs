//! Signing keys: the keyring of the log, with the private key that this node signs with.
//!
//! The first node to start makes the first key; all others read it. A private key lies sealed in
//! the vault and is parsed once.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use chrono::TimeDelta;
use domain::{
    Secret, Time,
    actor::Actor,
    id::{CommandId, SubjectId, VaultRef},
    keyring::{self, Announce, Command, Keyring, KeyringId},
    scope::ServiceScope,
};
use serde::Serialize;
use store::{Context, Expected, Log, Position, Vault, random};
use tokio::{task, time};
use tokio_util::sync::CancellationToken;

use super::{
    App, Request,
    jwt::{self, KeyError, KeySet, Signer},
    request::stream_of,
};
use crate::{
    clock::Clock,
    config::TokenSettings,
    error::Error,
    live::{Bell, Key},
};

/// How many times longer than a cache keeps keys a new one is announced before it signs.
const LEAD: u32 = 2;
/// How long what a key signed may be believed: the longest that an application's token lives, and
/// an hour for clocks.
pub(crate) const LONGEST_TOKEN: TimeDelta = TimeDelta::hours(25);
/// The pause before the keyring is read again where that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The keys that this node signs and verifies with.
pub struct SigningKeys(ArcSwap<KeySet>);

impl SigningKeys {
    /// Reads the keyring, and puts the first key on it if it is empty.
    pub async fn open(
        log: &Log,
        vault: &Vault,
        clock: &Clock,
        settings: &TokenSettings,
    ) -> Result<Self, Error> {
        let mut keyring = log.load::<Keyring>(KeyringId).await?.state;
        if keyring.active().is_none() {
            let lead = settings.jwks_max_age * LEAD;
            announce(log, vault, &context(clock), settings, lead).await?;
            keyring = log.load::<Keyring>(KeyringId).await?.state;
        }
        Ok(Self(ArcSwap::from_pointee(key_set(&keyring, vault).await?)))
    }

    /// Reads the keyring again, after an event of it.
    pub async fn reload(&self, log: &Log, vault: &Vault) -> Result<(), Error> {
        let keyring = log.load::<Keyring>(KeyringId).await?.state;
        self.0.store(Arc::new(key_set(&keyring, vault).await?));
        Ok(())
    }

    /// The keys as they are now.
    pub fn current(&self) -> Arc<KeySet> {
        self.0.load_full()
    }

    /// Signs claims with the active key.
    pub fn sign(&self, claims: &impl Serialize) -> Result<Secret<String>, Error> {
        self.sign_as(jwt::TYPE, claims)
    }

    /// The same for a token of another type.
    pub fn sign_as(&self, kind: &str, claims: &impl Serialize) -> Result<Secret<String>, Error> {
        let keys = self.0.load();
        let signer = keys.signer.as_ref();
        let signer = signer.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("no active key")))?;
        jwt::sign_as(kind, claims, signer).map_err(internal)
    }

    /// Signs what travels beside the signature.
    pub(super) fn sign_detached(
        &self,
        kind: &str,
        members: &impl Serialize,
        payload: &[u8],
    ) -> Result<String, Error> {
        let keys = self.0.load();
        let signer = keys.signer.as_ref();
        let signer = signer.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("no active key")))?;
        jwt::sign_detached(kind, members, payload, signer).map_err(internal)
    }

    /// Whether there is a key to sign with.
    pub fn can_sign(&self) -> bool {
        self.0.load().signer.is_some()
    }
}

impl App {
    /// Reads the keyring again whenever it changes, until `stop`.
    pub async fn keep_keys(self, stop: CancellationToken) {
        let bell = Arc::new(Bell::default());
        let _hung = self.live.ring(&bell, Key::Stream(stream_of::<Keyring>(KeyringId)));
        while stop.run_until_cancelled(bell.rung()).await.is_some() {
            bell.silence();
            while let Err(error) = self.keys.reload(&self.log, &self.vault).await {
                error.log();
                if stop.run_until_cancelled(time::sleep(PAUSE)).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// What becomes of the keyring: see [`App::rotate_signing_key`].
#[derive(Clone, Debug)]
pub struct Rotated {
    pub kid: keyring::Kid,
    pub activates_at: Time,
    pub position: Option<Position>,
}

impl App {
    /// Announces another key, which takes over after `lead`, or at once where the one that signs
    /// is `compromised`: nothing that one signed is believed any more.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] without `keys:manage`; `invalid_request` for a lead that some cache of
    /// keys would sleep through.
    pub async fn rotate_signing_key(
        &self,
        request: &Request,
        lead: Duration,
        compromised: bool,
    ) -> Result<Rotated, Error> {
        request.caller()?.require_operator(ServiceScope::KeysManage)?;
        let least = self.settings.tokens.jwks_max_age * LEAD;
        if !compromised && lead < least {
            let text = "a key is announced for at least twice as long as caches keep keys";
            return Err(Error::invalid(text));
        }
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let undertaking = app.undertake(&request, "RotateSigningKey", None)?;
            if compromised {
                let keyring = app.log.load::<Keyring>(KeyringId).await?.state;
                if let Some(active) = keyring.active() {
                    let command = Command::Compromise { kid: active.kid.clone() };
                    let context = undertaking.step("compromise").on::<Keyring>(KeyringId).await?;
                    app.log.execute::<Keyring>(KeyringId, &command, &context).await?;
                }
            }
            let context = undertaking.step("announce").on::<Keyring>(KeyringId).await?;
            let settings = &app.settings.tokens;
            let announced = announce(&app.log, &app.vault, &context, settings, lead).await?;
            app.keys.reload(&app.log, &app.vault).await?;
            Ok(announced)
        })
        .await
    }
}

/// Makes a key, keeps its private half in the vault and announces its public one.
///
/// Where another node is faster with the first one its key is active and ours only announced: two
/// keys do no harm, and the keyring says which one signs.
async fn announce(
    log: &Log,
    vault: &Vault,
    context: &Context,
    settings: &TokenSettings,
    lead: Duration,
) -> Result<Rotated, Error> {
    let bits = settings.rsa_bits;
    let signer = task::spawn_blocking(move || Signer::generate(bits)).await;
    let signer = signer.map_err(|panicked| Error::Internal(panicked.into()))?.map_err(internal)?;
    let provider_ref = VaultRef::derived(context.command_id, "signing_key");
    let private = signer.to_pkcs8().map_err(internal)?;
    vault
        .put_secret(provider_ref, SubjectId::SYSTEM, private.expose(), Expected::New, context)
        .await?;
    let announce = Announce {
        kid: signer.kid().clone(),
        public_jwk: signer.public(),
        provider_ref,
        lead: TimeDelta::from_std(lead).unwrap_or(TimeDelta::hours(1)),
        at: context.occurred_at,
    };
    let command = Command::Announce(announce);
    let announced = log.execute::<Keyring>(KeyringId, &command, context).await?;
    let key = announced.state.key(signer.kid());
    let activates_at = key.map_or(context.occurred_at, |key| key.activates_at);
    Ok(Rotated { kid: signer.kid().clone(), activates_at, position: announced.position })
}

async fn key_set(keyring: &Keyring, vault: &Vault) -> Result<KeySet, Error> {
    let signer = match keyring.active() {
        Some(key) => Some(private_key(key, vault).await?),
        None => None,
    };
    KeySet::new(keyring, signer).map_err(internal)
}

async fn private_key(key: &keyring::Key, vault: &Vault) -> Result<Signer, Error> {
    let stored = vault.get_secret(key.provider_ref).await?;
    let stored = stored.ok_or_else(|| Error::Internal(anyhow::anyhow!("a private key is gone")))?;
    Signer::from_pkcs8(&stored.secret, &key.public_jwk).map_err(internal)
}

fn context(clock: &Clock) -> Context {
    let correlation_id = random::uuid();
    Context {
        command_id: CommandId::from_uuid(random::uuid()),
        command: "AnnounceSigningKey",
        correlation_id,
        causation_id: None,
        actor: Actor::system("signing_keys"),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: clock.now(),
        client: None,
        auth: None,
    }
}

fn internal(error: KeyError) -> Error {
    Error::Internal(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_to_sign_with_a_caller_is_told_to_come_back() {
        let keys = KeySet::new(&Keyring::default(), None).unwrap();
        let keys = SigningKeys(ArcSwap::from_pointee(keys));
        assert!(!keys.can_sign());
        let error = keys.sign(&"claims").unwrap_err();
        assert_eq!(error.describe().status, 503);
    }
}
