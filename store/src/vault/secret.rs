//! Stored secrets: what the service must know in clear, e.g. a password's hash or a signing key.
//!
//! One a vault stream, sealed under a subject's key; the log keeps only the newest.

use domain::{
    Secret,
    id::{SubjectId, VaultRef},
    sealed::Ciphertext,
};
use serde::{Deserialize, Serialize};

use super::{Vault, VaultError, cipher::Text, stream::Held};
use crate::{Context, connection::Failure};

const PUT: &str = "secret.put";
const FIELD: &str = "value";

/// What a secret must be for a `put` to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Never written.
    New,
    /// Last written as this version.
    Version(u64),
}

/// A secret and its version.
#[derive(Clone, Debug)]
pub struct Stored {
    pub secret: Secret<Vec<u8>>,
    /// For [`Expected::Version`].
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
struct Put {
    value: Ciphertext,
}

impl Vault {
    /// Writes a secret; returns its version.
    ///
    /// The same command again finds what it wrote, and leaves it as it is.
    pub async fn put_secret(
        &self,
        name: VaultRef,
        subject: SubjectId,
        secret: &[u8],
        expected: Expected,
        context: &Context,
    ) -> Result<u64, VaultError> {
        let stream = stream_of(name);
        let key = self.key(subject).await?.ok_or(VaultError::KeyGone)?;
        let Text { nonce, text } = key.seal(&stream, FIELD, secret);
        let put = Put { value: Ciphertext { subject, nonce, text } };
        let expected = match expected {
            Expected::New => None,
            Expected::Version(version) => Some(version),
        };
        let written = self.inner.log.vault_write(&stream, expected, PUT, &put, context).await?;
        if let Err(Failure::Conflict { .. }) = written
            && let Held::Value { revision, command, .. } =
                self.inner.log.vault_read::<Put>(&stream).await?
            && command == context.command_id
        {
            return Ok(revision);
        }
        Ok(written?)
    }

    /// Reads a secret; `None`: it was never written, or it or its subject's key is destroyed.
    pub async fn get_secret(&self, name: VaultRef) -> Result<Option<Stored>, VaultError> {
        let stream = stream_of(name);
        let held = self.inner.log.vault_read::<Put>(&stream).await?;
        let Held::Value { value: Put { value }, revision: version, .. } = held else {
            return Ok(None);
        };
        let Some(key) = self.key(value.subject).await? else { return Ok(None) };
        match key.open(&stream, FIELD, &value.nonce, &value.text) {
            Some(secret) => Ok(Some(Stored { secret, version })),
            None => Err(VaultError::Forged { stream }),
        }
    }

    /// Destroys a secret for good; there may be none.
    pub async fn destroy_secret(&self, name: VaultRef) -> Result<(), VaultError> {
        self.inner.log.vault_destroy(&stream_of(name)).await
    }
}

fn stream_of(name: VaultRef) -> String {
    format!("secret-{name}")
}
