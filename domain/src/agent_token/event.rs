//! What has happened to an agent token, in the words the log keeps.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{
    Sealed, StoredEvent, Time,
    actor::Actor,
    cidr::Cidrs,
    event,
    id::{TokenId, UserId, WorkspaceId},
    scope::Scopes,
    secret::SecretHash,
    text::{Reason, TokenName},
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "agent_token.created")]
    Created(Box<Created>),
    #[serde(rename = "agent_token.renamed")]
    Renamed { name: Sealed<TokenName> },
    /// At most one a day, and one more for each network not seen before.
    #[serde(rename = "agent_token.usage_observed")]
    UsageObserved {
        day: NaiveDate,
        /// Successful authentications since the last observation.
        count: u64,
        /// The caller's /24 or /48, never its address.
        network: Sealed<String>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        client_family: Option<String>,
    },
    #[serde(rename = "agent_token.rotated")]
    Rotated { replaced_by: TokenId, overlap_ends_at: Time },
    #[serde(rename = "agent_token.revoked")]
    Revoked {
        reason: RevocationReason,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<Sealed<Reason>>,
        revoked_by: Actor,
    },
    /// Nobody may be given this id any more; only ever the first event.
    #[serde(rename = "agent_token.abandoned")]
    Abandoned {},
    #[serde(rename = "agent_token.summarised")]
    Summarised(Box<Summary>),
}

/// All that is said of a token once and for good, save its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Sealed to the workspace.
    pub name: Sealed<TokenName>,
    pub secret_sha256: SecretHash,
    /// Prefix and last four characters: `nxa_...Q2F9`.
    pub hint: String,
    pub workspace_id: WorkspaceId,
    pub created_by: UserId,
    /// In whose name the agent works.
    pub acts_as: UserId,
    pub scopes: Scopes,
    #[serde(skip_serializing_if = "Cidrs::is_empty", default)]
    pub allowed_cidrs: Cidrs,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Time>,
    pub origin: Origin,
}

/// How a token came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Someone asked for it, in the dashboard or by the API.
    Dashboard,
    /// A device exchanged a pairing code; the pairing is `{workspace}.{user}.{number}`.
    Pairing(String),
    /// It replaces this token.
    Rotation(TokenId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Someone wished it so.
    User,
    /// Its secret was seen where it should not be.
    Leaked,
    /// Another token took its place and no overlap was left.
    Rotated,
    OwnerDeactivated,
    /// Its person was erased.
    Erased,
    Operator,
}

impl RevocationReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Leaked => "leaked",
            Self::Rotated => "rotated",
            Self::OwnerDeactivated => "owner_deactivated",
            Self::Erased => "erased",
            Self::Operator => "operator",
        }
    }
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "agent_token.summarised", schema: 1 });
}
