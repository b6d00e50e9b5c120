//! Subject keys: one a person or workspace, wrapped by the master key; destroying it is erasure.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use domain::id::SubjectId;

use super::{
    Vault, VaultError,
    cipher::Key,
    master_key::{Unwrapped, Wrapped},
    stream::Held,
};
use crate::{Context, connection::Failure, random};

const WRAPPED: &str = "subject_key.wrapped";

/// A subject's key, where there still is one.
pub(super) type Found = Option<Arc<Key>>;

impl Vault {
    /// Makes the subject's key; nothing happens if there is one.
    ///
    /// # Errors
    ///
    /// [`VaultError::KeyGone`] if it was destroyed: nothing brings it back.
    pub async fn create_subject_key(
        &self,
        subject: SubjectId,
        context: &Context,
    ) -> Result<(), VaultError> {
        let (stream, key) = (stream_of(subject), random::bytes());
        let wrapped = self.inner.keys.wrap(&stream, &key);
        match self.inner.log.vault_write(&stream, None, WRAPPED, &wrapped, context).await? {
            Ok(_) => {
                self.inner.cache.insert(subject, Some(Arc::new(Key::new(&key))));
                Ok(())
            }
            Err(Failure::Conflict { .. }) => Ok(()),
            Err(Failure::Deleted) => Err(VaultError::KeyGone),
            Err(Failure::Unavailable(unavailable)) => Err(unavailable.into()),
        }
    }

    /// Wraps the subject's key with the newest master key, where it is not yet; `false`: there
    /// was nothing to do.
    pub async fn rewrap_subject_key(
        &self,
        subject: SubjectId,
        context: &Context,
    ) -> Result<bool, VaultError> {
        let stream = stream_of(subject);
        let held = self.inner.log.vault_read::<Wrapped>(&stream).await?;
        let Held::Value { value, revision, .. } = held else { return Ok(false) };
        let Unwrapped { key, outdated } = self.unwrap(&stream, &value)?;
        if !outdated {
            return Ok(false);
        }
        let wrapped = self.inner.keys.wrap(&stream, &key);
        let log = &self.inner.log;
        match log.vault_write(&stream, Some(revision), WRAPPED, &wrapped, context).await? {
            Ok(_) => Ok(true),
            // Someone else did it, or destroyed it.
            Err(Failure::Conflict { .. } | Failure::Deleted) => Ok(false),
            Err(Failure::Unavailable(unavailable)) => Err(unavailable.into()),
        }
    }

    /// Destroys the subject's key, and with it everything sealed under it; there may be none.
    pub async fn destroy_subject_key(&self, subject: SubjectId) -> Result<(), VaultError> {
        self.inner.log.vault_destroy(&stream_of(subject)).await?;
        self.inner.cache.insert(subject, None);
        Ok(())
    }

    /// Drops the key from memory, because its destruction was seen in the log.
    pub fn forget(&self, subject: SubjectId) {
        self.inner.cache.invalidate(&subject);
    }

    /// Returns the subject's key; from memory for some minutes after it was read.
    pub(super) async fn key(&self, subject: SubjectId) -> Result<Found, VaultError> {
        if let Some(found) = self.inner.cache.get(&subject) {
            return Ok(found);
        }
        let stream = stream_of(subject);
        let found = match self.inner.log.vault_read::<Wrapped>(&stream).await? {
            Held::Value { value, .. } => {
                Some(Arc::new(Key::new(&self.unwrap(&stream, &value)?.key)))
            }
            Held::Destroyed => None,
            // Not remembered: it may be made any moment.
            Held::Nothing => return Ok(None),
        };
        self.inner.cache.insert(subject, found.clone());
        Ok(found)
    }

    pub(super) async fn keys_of(
        &self,
        subjects: BTreeSet<SubjectId>,
    ) -> Result<HashMap<SubjectId, Found>, VaultError> {
        let mut keys = HashMap::new();
        for subject in subjects {
            keys.insert(subject, self.key(subject).await?);
        }
        Ok(keys)
    }

    fn unwrap(&self, stream: &str, wrapped: &Wrapped) -> Result<Unwrapped, VaultError> {
        self.inner
            .keys
            .unwrap(stream, wrapped)
            .ok_or_else(|| VaultError::WrongMasterKey { stream: stream.to_owned() })
    }
}

impl From<Failure> for VaultError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict { current } => Self::VersionConflict { current },
            Failure::Deleted => Self::Destroyed,
            Failure::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

fn stream_of(subject: SubjectId) -> String {
    format!("subject_key-{subject}")
}
