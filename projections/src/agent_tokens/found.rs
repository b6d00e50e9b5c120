//! Found tokens: from the columns of a query to a row of the domain's types.

use domain::{
    Time,
    agent_token::Origin,
    cidr::Cidrs,
    id::{TokenId, UserId, WorkspaceId},
    scope::Scopes,
};
use uuid::Uuid;

use super::{Suspension, TokenRow, TokenStatus};
use crate::text::{self, unexpected};

/// A row as it is found.
pub(super) struct Found {
    pub(super) token_id: Uuid,
    pub(super) workspace_id: Uuid,
    pub(super) name: Option<String>,
    pub(super) hint: String,
    pub(super) created_by: Uuid,
    pub(super) acts_as: Uuid,
    pub(super) created_at: Time,
    pub(super) created_position: i64,
    pub(super) revision: i64,
    pub(super) expires_at: Option<Time>,
    pub(super) scopes: String,
    pub(super) allowed_cidrs: String,
    pub(super) origin: String,
    pub(super) replaced_by: Option<Uuid>,
    pub(super) overlap_ends_at: Option<Time>,
    pub(super) revoked_at: Option<Time>,
    pub(super) revoked_by: Option<String>,
    pub(super) revocation_reason: Option<String>,
    pub(super) revocation_note: Option<String>,
    pub(super) seen_network: Option<String>,
    pub(super) seen_client: Option<String>,
    pub(super) suspension: Option<String>,
    pub(super) status: String,
    pub(super) last_used_at: Option<Time>,
    pub(super) key_text: String,
    pub(super) key_number: i64,
    /// How far the read model had read when the row was found.
    pub(super) read_to: Option<i64>,
}

impl TryFrom<Found> for TokenRow {
    type Error = sqlx::Error;

    fn try_from(found: Found) -> sqlx::Result<Self> {
        let last_used_from = match (found.seen_network, found.seen_client) {
            (Some(network), Some(client)) => Some(format!("{network} {client}")),
            (network, client) => network.or(client),
        };
        Ok(Self {
            id: TokenId::from_uuid(found.token_id),
            workspace_id: WorkspaceId::from_uuid(found.workspace_id),
            name: found.name,
            hint: found.hint,
            status: TokenStatus::read(&found.status)?,
            suspension: found.suspension.as_deref().map(Suspension::read).transpose()?,
            created_by: UserId::from_uuid(found.created_by),
            acts_as: UserId::from_uuid(found.acts_as),
            created_at: found.created_at,
            expires_at: found.expires_at,
            scopes: Scopes::parse(found.scopes.split_whitespace())
                .map_err(|_| unexpected("scopes"))?,
            allowed_cidrs: Cidrs::parse(found.allowed_cidrs.split_whitespace())
                .map_err(|_| unexpected("allowed_cidrs"))?,
            origin: read_origin(&found.origin).ok_or_else(|| unexpected("origin"))?,
            replaced_by: found.replaced_by.map(TokenId::from_uuid),
            overlap_ends_at: found.overlap_ends_at,
            revoked_at: found.revoked_at,
            revoked_by: found.revoked_by.as_deref().map(text::read_actor).transpose()?,
            revocation_reason: found.revocation_reason,
            revocation_note: found.revocation_note,
            last_used_at: found.last_used_at,
            last_used_from,
            revision: found.revision.cast_unsigned(),
        })
    }
}

/// Reads what `apply` wrote.
fn read_origin(text: &str) -> Option<Origin> {
    match text.split_once(' ') {
        None if text == "dashboard" => Some(Origin::Dashboard),
        Some(("pairing", pairing)) => Some(Origin::Pairing(pairing.to_owned())),
        Some(("rotation", token)) => token.parse().ok().map(Origin::Rotation),
        _ => None,
    }
}

impl TokenStatus {
    const ALL: [Self; 4] = [Self::Active, Self::Expired, Self::Revoked, Self::Suspended];

    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
            Self::Suspended => "SUSPENDED",
        }
    }

    fn read(text: &str) -> sqlx::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| unexpected("status"))
    }
}

impl Suspension {
    const ALL: [Self; 5] = [
        Self::PlanInactive,
        Self::OwnerDeactivated,
        Self::OwnerDemoted,
        Self::OwnerRemoved,
        Self::WorkspacePolicy,
    ];

    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlanInactive => "PLAN_INACTIVE",
            Self::OwnerDeactivated => "OWNER_DEACTIVATED",
            Self::OwnerDemoted => "OWNER_DEMOTED",
            Self::OwnerRemoved => "OWNER_REMOVED",
            Self::WorkspacePolicy => "WORKSPACE_POLICY",
        }
    }

    fn read(text: &str) -> sqlx::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|suspension| suspension.as_str() == text)
            .ok_or_else(|| unexpected("suspension"))
    }
}
