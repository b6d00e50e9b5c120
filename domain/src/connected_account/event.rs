//! What has happened to a connected account, in the words the log keeps.

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{
    Sealed, StoredEvent, Time,
    actor::Actor,
    event,
    id::{UserId, VaultRef, WorkspaceId},
    keyed_id::PlatformIdentityId,
    platform::{PlatformName, PlatformScopes, PlatformUserId, PlatformUsername},
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Also when its person connects it again.
    #[serde(rename = "connected_account.connected")]
    Connected(Box<Connection>),
    /// Whoever appended this asks the provider, and nobody else does before `until`.
    #[serde(rename = "connected_account.refresh_started")]
    RefreshStarted { until: Time },
    #[serde(rename = "connected_account.refreshed")]
    Refreshed {
        vault_version: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        access_expires_at: Option<Time>,
        scopes: PlatformScopes,
        trigger: Trigger,
    },
    #[serde(rename = "connected_account.refresh_failed")]
    RefreshFailed {
        code: FailureCode,
        /// Counts from 1 since the last success.
        attempt: u32,
        /// Nobody asks the provider before.
        next_at: Time,
    },
    /// The provider will not renew what was granted.
    #[serde(rename = "connected_account.needs_reconnect")]
    NeedsReconnect { code: FailureCode },
    #[serde(rename = "connected_account.disconnected")]
    Disconnected { by: Actor, revoke_at_provider: bool },
    /// The tokens are gone from the vault; the last event.
    #[serde(rename = "connected_account.secret_destroyed")]
    SecretDestroyed { revoked_at_provider: bool },
    /// Nobody may be given this id any more; only ever the first event.
    #[serde(rename = "connected_account.abandoned")]
    Abandoned {},
    #[serde(rename = "connected_account.summarised")]
    Summarised(Box<Summary>),
}

/// All that is said of a connection when it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub workspace_id: WorkspaceId,
    pub platform: PlatformName,
    /// Names the stream that keeps others from connecting the same identity.
    pub identity: PlatformIdentityId,
    pub platform_user_id: Sealed<PlatformUserId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub platform_username: Option<Sealed<PlatformUsername>>,
    /// What the platform granted, which may be less than was asked for.
    pub scopes: PlatformScopes,
    pub vault_ref: VaultRef,
    pub vault_version: u64,
    /// None where the platform's token does not expire.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_expires_at: Option<Time>,
    /// Whether the platform gave what a refresh takes.
    pub refreshable: bool,
    pub connected_by: UserId,
}

/// On whose account a token was refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Somebody wanted the token.
    Demand,
    /// It would have expired soon.
    Ahead,
    /// A node had died after it stored the new pair.
    Recovery,
}

/// What was wrong with a provider's answer; never the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// No connection, or it broke.
    Unreachable,
    Timeout,
    /// A status of 500 or above, or 429.
    ServerError,
    /// More than a token's answer can have.
    TooLarge,
    /// No JSON, or none of a token's answer.
    Malformed,
    /// The provider refuses the client or the request: for an operator to look into.
    Refused,
    /// What was granted is over (RFC 6749 5.2, `invalid_grant`).
    InvalidGrant,
    /// The access token expired and the provider gave no refresh token.
    NoRefreshToken,
    /// The vault does not hold the tokens any more.
    SecretLost,
}

impl FailureCode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Refused => "refused",
            Self::InvalidGrant => "invalid_grant",
            Self::NoRefreshToken => "no_refresh_token",
            Self::SecretLost => "secret_lost",
        }
    }
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "connected_account.summarised", schema: 1 });
}
