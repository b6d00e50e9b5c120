//! What has happened to an attempt to connect an account, in the words the log keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Sealed, StoredEvent, Time,
    digest::Digest,
    id::{ConnectedAccountId, UserId, WorkspaceId},
    platform::{PlatformName, PlatformScopes},
    secret::SecretHash,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "connect.started")]
    Started(Box<Started>),
    #[serde(rename = "connect.claimed")]
    Claimed {},
    #[serde(rename = "connect.completed")]
    Completed { account_id: ConnectedAccountId },
    #[serde(rename = "connect.refused")]
    Refused { cause: RefusalCause },
}

/// All that is said of an attempt once and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub workspace_id: WorkspaceId,
    pub platform: PlatformName,
    pub state_sha256: SecretHash,
    pub user: UserId,
    /// HMAC of the credential that the person acts with.
    pub session_hmac: Digest,
    /// What is asked for; what is granted may be less.
    pub scopes: PlatformScopes,
    /// Where the browser goes when it is done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_to: Option<Sealed<ReturnTo>>,
    pub expires_at: Time,
}

/// Where a browser goes when an attempt is answered: an address of a page that may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Takes an address that was found to be one of ours.
    pub fn new(address: String) -> Self {
        Self(address)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an attempt connected nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCause {
    /// The person said no at the platform.
    AccessDenied,
    /// The platform did not do its part.
    ProviderError,
    AlreadyConnected,
    LimitReached,
    /// Lost the right meanwhile.
    NotAllowed,
}

impl RefusalCause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ProviderError => "provider_error",
            Self::AlreadyConnected => "already_connected",
            Self::LimitReached => "account_limit_reached",
            Self::NotAllowed => "not_allowed",
        }
    }
}

impl StoredEvent for Event {}
