//! Vault: what must be destroyable, sealed, in streams of its own.
//!
//! A master key, from outside, wraps the pepper and the subjects' keys; a
//! subject's key seals its fields and secrets. All but the master key lies in
//! the log, so a copy of the log opens nothing; destroying is tombstoning.
//! Vault streams are never part of the history.
//!
//! Read in this order: `master_key`, `subject_key`, `seal`, `secret`, `pepper`.

mod cipher;
mod error;
mod master_key;
mod pepper;
mod rewrap;
mod seal;
mod secret;
mod stream;
mod subject_key;

use std::{fmt, sync::Arc, time::Duration};

use domain::id::{CommandId, SubjectId};
use moka::sync::Cache;
use uuid::Builder;

pub use self::{
    error::VaultError,
    master_key::{InvalidMasterKey, MasterKeys},
    rewrap::Rewrapping,
    seal::{CLIENT_FIELD, Opened},
    secret::{Expected, Stored},
};
use self::{pepper::Pepper, subject_key::Found};
use crate::Log;

/// How many subjects' keys are kept in memory.
const CACHED_KEYS: u64 = 10_000;
/// How long a key outlives its destruction on a node that does not hear of it.
const CACHED_FOR: Duration = Duration::from_mins(5);

/// Seals and opens; clones share the keys in memory.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    log: Log,
    keys: MasterKeys,
    pepper: Pepper,
    cache: Cache<SubjectId, Found>,
}

impl Vault {
    /// Opens the vault of `log`, and makes it where `may_create` allows and the log is empty.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongMasterKey`] and [`VaultError::NoPepper`] must keep the service from
    /// starting: it would not find what is there, and write what nobody finds.
    pub async fn open(log: &Log, keys: MasterKeys, may_create: bool) -> Result<Self, VaultError> {
        let pepper = Pepper::open(log, &keys, may_create).await?;
        let cache = Cache::builder().max_capacity(CACHED_KEYS).time_to_live(CACHED_FOR).build();
        let vault = Self { inner: Arc::new(Inner { log: log.clone(), keys, pepper, cache }) };
        if vault.key(SubjectId::SYSTEM).await?.is_none() {
            vault.create_subject_key(SubjectId::SYSTEM, &pepper::own_context()).await?;
        }
        Ok(vault)
    }

    /// HMAC-SHA-256 under the pepper; another `purpose` gives another result for the same parts.
    pub fn hmac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.inner.pepper.hmac(purpose, parts)
    }

    /// The id of a command that its caller named: the same for the same name, so that a command
    /// sent twice is carried out once. Nobody without the pepper can guess it.
    pub fn command_id(&self, operation: &str, caller: &str, idempotency_key: &str) -> CommandId {
        let parts = [operation, caller, idempotency_key].map(str::as_bytes);
        let mac = self.hmac("command", &parts);
        let half = std::array::from_fn(|index| mac[index]);
        CommandId::from_uuid(Builder::from_custom_bytes(half).into_uuid())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

/// Whether a stream is the vault's: no part of the history, never exported.
pub(crate) fn is_vault(stream: &str) -> bool {
    ["secret-", "subject_key-"].iter().any(|prefix| stream.starts_with(prefix))
}
