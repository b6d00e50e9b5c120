//! What has happened to an application, in the words the log keeps.

use serde::{Deserialize, Serialize};

use super::{Changes, Registration};
use crate::{Sealed, StoredEvent, Time, id::ClientSecretId, secret::SecretHash, text::Reason};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "client.registered")]
    Registered(Box<Registration>),
    #[serde(rename = "client.updated")]
    Updated { changed: Box<Changes> },
    #[serde(rename = "client.secret_added")]
    SecretAdded {
        secret_id: ClientSecretId,
        secret_sha256: SecretHash,
        /// Prefix and last four characters: `nxc_...Q2F9`.
        hint: String,
    },
    /// A secret is good until `at`, which may be later than the event.
    #[serde(rename = "client.secret_expired")]
    SecretExpired { secret_id: ClientSecretId, at: Time },
    /// It can do nothing any more, until it is reinstated.
    #[serde(rename = "client.suspended")]
    Suspended { reason: Sealed<Reason> },
    #[serde(rename = "client.reinstated")]
    Reinstated {},
}

impl StoredEvent for Event {}
