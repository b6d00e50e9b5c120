//! Subjects: whose key seals a field; a person, a workspace, or the system.
//!
//! ```text
//! Keyless ──CreateKey──▶ Keyed ──RequestErasure──▶ Erasing ──DestroyKey──▶ Erased, for good
//! ```
//!
//! The key itself lies in a vault stream; here is only the history of it, which
//! an auditor may see. A destroyed key never comes back.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    Aggregate, StoredEvent, Time, aggregate,
    digest::Digest,
    id::{SubjectId, VaultRef},
};

/// How far a subject's key has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    #[default]
    Keyless,
    Keyed {
        key_ref: VaultRef,
    },
    /// Its fields are still read, until the key is destroyed.
    Erasing {
        key_ref: VaultRef,
    },
    Erased {
        receipt_hash: Digest,
    },
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "subject.key_created")]
    KeyCreated { key_ref: VaultRef },
    #[serde(rename = "subject.erasure_requested")]
    ErasureRequested {},
    #[serde(rename = "subject.key_destroyed")]
    KeyDestroyed {
        /// SHA-256 of the receipt that the person is given.
        receipt_hash: Digest,
    },
}

impl StoredEvent for Event {}

#[derive(Clone, Copy, Debug)]
pub enum Command {
    CreateKey { key_ref: VaultRef },
    RequestErasure,
    DestroyKey { receipt_hash: Digest },
}

/// Why a command on a subject is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("this subject has no key")]
    NotFound,
    #[error("this subject has another key already")]
    AlreadyKeyed,
    #[error("this subject is erased")]
    Erased,
    #[error("nobody asked for this subject's erasure")]
    NotRequested,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyKeyed => "SUBJECT_ALREADY_KEYED",
            Self::Erased => "SUBJECT_ERASED",
            Self::NotRequested => "ERASURE_NOT_REQUESTED",
        }
    }
}

impl Aggregate for Subject {
    const CATEGORY: &'static str = "subject";

    type Id = SubjectId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (*self, *command) {
            (Self::Keyless, Command::CreateKey { key_ref }) => {
                Ok(vec![Event::KeyCreated { key_ref }])
            }
            (
                Self::Keyed { key_ref: old } | Self::Erasing { key_ref: old },
                Command::CreateKey { key_ref },
            ) => {
                if old == key_ref {
                    Ok(vec![])
                } else {
                    Err(Rejection::AlreadyKeyed)
                }
            }
            (Self::Erased { .. }, Command::CreateKey { .. }) => Err(Rejection::Erased),

            (Self::Keyless, Command::RequestErasure | Command::DestroyKey { .. }) => {
                Err(Rejection::NotFound)
            }
            (Self::Keyed { .. }, Command::RequestErasure) => Ok(vec![Event::ErasureRequested {}]),
            (Self::Keyed { .. }, Command::DestroyKey { .. }) => Err(Rejection::NotRequested),
            (Self::Erasing { .. }, Command::DestroyKey { receipt_hash }) => {
                Ok(vec![Event::KeyDestroyed { receipt_hash }])
            }
            (Self::Erasing { .. } | Self::Erased { .. }, Command::RequestErasure)
            | (Self::Erased { .. }, Command::DestroyKey { .. }) => Ok(vec![]),
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match (self, event) {
            (Self::Erased { receipt_hash }, _) => Self::Erased { receipt_hash },
            (_, Event::KeyCreated { key_ref }) => Self::Keyed { key_ref: *key_ref },
            (Self::Keyed { key_ref }, Event::ErasureRequested {}) => Self::Erasing { key_ref },
            (state, Event::ErasureRequested {}) => state,
            (_, Event::KeyDestroyed { receipt_hash }) => {
                Self::Erased { receipt_hash: *receipt_hash }
            }
        }
    }
}
