//! Vault errors: a wrong master key, a key that is gone, a value that was tampered with.

use crate::{ReadError, Unavailable};

/// Why the vault did not do it. No text holds a key or a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// It may not be made: either this is another log, or the log is not empty.
    #[error("the log holds no pepper")]
    NoPepper,
    /// None of the master keys given opens what the log holds.
    #[error("no master key opens `{stream}`")]
    WrongMasterKey { stream: String },
    /// The subject's key was never made, or is destroyed: nothing can be sealed for it.
    #[error("the subject has no key")]
    KeyGone,
    /// Changed in place, or moved here from another field or stream.
    #[error("a sealed value does not open in `{stream}`")]
    Forged { stream: String },
    /// What was sealed, or lies in a vault stream, is not of the expected shape.
    #[error("the vault holds something else than expected")]
    Malformed(#[source] serde_json::Error),
    /// The secret is not at the version that the caller expects; `None`: it was never written.
    #[error("the secret has changed since the caller looked")]
    VersionConflict { current: Option<u64> },
    /// The secret was destroyed, for good.
    #[error("the secret is destroyed")]
    Destroyed,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
