//! Signing keys: the keyring of the log, with the private key that this node signs with.
//!
//! The first node to start makes the first key; all others read it. A private key lies sealed in
//! the vault and is parsed once.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use chrono::TimeDelta;
use domain::{
    Secret,
    actor::Actor,
    id::{CommandId, SubjectId, VaultRef},
    keyring::{self, Announce, Command, Keyring, KeyringId},
};
use serde::Serialize;
use store::{Context, Expected, Log, Vault, random};
use tokio::{task, time};
use tokio_util::sync::CancellationToken;

use super::{
    App,
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
const LEAD: i32 = 2;
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
            keyring = announce(log, vault, clock, settings).await?;
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
        let keys = self.0.load();
        let signer = keys.signer.as_ref();
        let signer = signer.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("no active key")))?;
        jwt::sign(claims, signer).map_err(internal)
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

/// Makes a key, keeps its private half in the vault and announces its public one.
///
/// Where another node is faster its key is active and ours only announced: two keys do no harm,
/// and the keyring that comes back says which one signs.
async fn announce(
    log: &Log,
    vault: &Vault,
    clock: &Clock,
    settings: &TokenSettings,
) -> Result<Keyring, Error> {
    let bits = settings.rsa_bits;
    let signer = task::spawn_blocking(move || Signer::generate(bits)).await;
    let signer = signer.map_err(|panicked| Error::Internal(panicked.into()))?.map_err(internal)?;
    let context = context(clock);
    let provider_ref = VaultRef::derived(context.command_id, "signing_key");
    let private = signer.to_pkcs8().map_err(internal)?;
    vault
        .put_secret(provider_ref, SubjectId::SYSTEM, private.expose(), Expected::New, &context)
        .await?;
    let lead = TimeDelta::from_std(settings.jwks_max_age).unwrap_or(TimeDelta::hours(1)) * LEAD;
    let announce = Announce {
        kid: signer.kid().clone(),
        public_jwk: signer.public(),
        provider_ref,
        lead,
        at: context.occurred_at,
    };
    let command = Command::Announce(announce);
    Ok(log.execute::<Keyring>(KeyringId, &command, &context).await?.state)
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
