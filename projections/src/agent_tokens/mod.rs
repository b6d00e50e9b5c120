//! Agent tokens, as lists and detail pages show them, and what suspends them now.
//!
//! Suspension is derived when it is asked for: the read model keeps, in tables
//! of its own, the plans, creators and policies it depends on. Nothing here
//! says whether a token is good; for that the streams are folded.

mod apply;
mod filter;
mod found;
mod query;
mod stored;
#[cfg(test)]
mod tests;

use domain::{
    Aggregate, Time,
    actor::Actor,
    agent_token::{AgentToken, Origin},
    cidr::Cidrs,
    id::{TokenId, UserId, WorkspaceId},
    scope::Scopes,
    user::User,
    workspace::Workspace,
};
use sqlx::PgConnection;

pub use self::{
    filter::{Filter, Order, OrderBy},
    query::{by_id, by_ids, count, ids_unused_since, page},
};
use crate::{
    entry::{Entry, SUBJECT},
    error::ApplyError,
    model::{OnPoison, ReadModel},
};

pub(crate) enum AgentTokens {}

impl ReadModel for AgentTokens {
    const NAME: &'static str = "agent_tokens";
    const VERSION: i32 = 1;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/agent_tokens.sql");
    const CATEGORIES: &'static [&'static str] =
        &[AgentToken::CATEGORY, Workspace::CATEGORY, User::CATEGORY, SUBJECT];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        apply::apply(events, tx).await
    }
}

/// One token, as the read model knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRow {
    pub id: TokenId,
    pub workspace_id: WorkspaceId,
    /// `None` once the workspace's key is destroyed.
    pub name: Option<String>,
    /// Prefix and last four characters.
    pub hint: String,
    pub status: TokenStatus,
    /// Set whatever the status: an expired token may be suspended too.
    pub suspension: Option<Suspension>,
    pub created_by: UserId,
    pub acts_as: UserId,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub scopes: Scopes,
    pub allowed_cidrs: Cidrs,
    pub origin: Origin,
    pub replaced_by: Option<TokenId>,
    /// When it stops working since another took its place.
    pub overlap_ends_at: Option<Time>,
    /// `None` for one that ended with its overlap.
    pub revoked_at: Option<Time>,
    pub revoked_by: Option<Actor>,
    /// A [`RevocationReason`](domain::agent_token::RevocationReason), by its name.
    pub revocation_reason: Option<String>,
    /// What the person who revoked it wrote.
    pub revocation_note: Option<String>,
    pub last_used_at: Option<Time>,
    /// The network, and the family of the client, where they are known.
    pub last_used_from: Option<String>,
    /// Of its stream: what a caller expects it to be.
    pub revision: u64,
}

/// What a token is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenStatus {
    Active,
    Expired,
    Revoked,
    Suspended,
}

/// Why a token may not be used although nothing was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suspension {
    PlanInactive,
    OwnerDeactivated,
    OwnerDemoted,
    OwnerRemoved,
    WorkspacePolicy,
}
