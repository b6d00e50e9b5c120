//! Agent tokens over GraphQL. No field holds a secret: a new token's is in its mutation's payload.

mod list;
mod mutation;
mod past;
mod subscription;

use async_graphql::{Context, Enum, ID, Object};
use domain::{
    agent_token::{Origin, Revocation, Status},
    id::{TokenId, UserId, WorkspaceId},
    role::Permission,
    scope::AgentScope,
};
use projections::{
    WorkspaceScope,
    agent_tokens::{self as rows, TokenRow},
};
use store::AsOf;

pub(crate) use self::{
    list::{AgentTokenConnection, AgentTokenFilter, AgentTokenOrder, AgentTokenQuery},
    mutation::{AgentTokenMutation, CreateTokenPayload, RevokeAllPayload},
    subscription::{AgentTokenSubscription, CredentialKind},
};
pub(super) use self::{
    list::{Paging, connection},
    mutation::created,
};
use super::{
    actor::Actor,
    ask::{Ask, OrGraphql},
    audit::{self, AuditEventConnection},
    scalar::{Cursor, DateTime},
};
use crate::{
    app::{App, request::stream_of, standing, token_at::TokenAt},
    error::Error,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::TokenStatus")]
pub(crate) enum AgentTokenStatus {
    Active,
    Expired,
    Revoked,
    /// Plan, creator or policy do not allow it now; it works again the moment they do.
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum AgentTokenOrigin {
    Dashboard,
    Pairing,
    Rotation,
}

/// Why a token is suspended: derived from plan, creator and policy, never stored on the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Suspension")]
pub(crate) enum SuspensionCause {
    PlanInactive,
    OwnerDeactivated,
    OwnerDemoted,
    OwnerRemoved,
    WorkspacePolicy,
}

impl From<standing::Suspension> for SuspensionCause {
    fn from(suspension: standing::Suspension) -> Self {
        match suspension {
            standing::Suspension::OwnerDeactivated => Self::OwnerDeactivated,
            standing::Suspension::OwnerRemoved => Self::OwnerRemoved,
            standing::Suspension::OwnerDemoted => Self::OwnerDemoted,
            standing::Suspension::PlanInactive => Self::PlanInactive,
            standing::Suspension::WorkspacePolicy => Self::WorkspacePolicy,
        }
    }
}

/// One agent token: as the read model has it, or folded from its stream.
#[derive(Clone, Debug)]
pub(crate) struct AgentToken {
    row: TokenRow,
    /// Where the row's use of the token comes from.
    usage: Usage,
    /// Of what moment this is; none for now.
    as_of: Option<AsOf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    /// It is in the row.
    Known,
    /// It is to be looked up: it is not in the token's stream.
    Elsewhere,
    /// Nobody keeps when a token had been used last at a moment in the past.
    Forgotten,
}

impl From<TokenRow> for AgentToken {
    fn from(row: TokenRow) -> Self {
        Self { row, usage: Usage::Known, as_of: None }
    }
}

impl AgentToken {
    /// A token as a command or an event left it; `None` if there was none.
    pub(super) fn folded(at: TokenAt) -> Option<Self> {
        let status = at.status()?;
        let TokenAt { id, revision, token, suspension, .. } = at;
        let token = token?;
        let status = match (status, suspension) {
            (Status::Revoked, _) => rows::TokenStatus::Revoked,
            (Status::Expired, _) => rows::TokenStatus::Expired,
            (Status::Active, Some(_)) => rows::TokenStatus::Suspended,
            (Status::Active, None) => rows::TokenStatus::Active,
        };
        let Revoked { at: revoked_at, by, reason, note } = Revoked::of(token.revoked.as_ref());
        let rotated_away = status == rows::TokenStatus::Revoked && revoked_at.is_none();
        let row = TokenRow {
            id,
            workspace_id: token.workspace_id,
            name: token.name.opened().map(ToString::to_string),
            hint: token.hint,
            status,
            suspension: suspension.map(|cause| SuspensionCause::from(cause).into()),
            created_by: token.created_by,
            acts_as: token.acts_as,
            created_at: token.created_at,
            expires_at: token.expires_at,
            scopes: token.scopes,
            allowed_cidrs: token.allowed_cidrs,
            origin: token.origin,
            replaced_by: token.rotated.map(|rotation| rotation.replaced_by),
            overlap_ends_at: token.rotated.map(|rotation| rotation.overlap_ends_at),
            revoked_at,
            revoked_by: by,
            revocation_reason: reason.or(rotated_away.then(|| "rotated".to_owned())),
            revocation_note: note,
            last_used_at: None,
            last_used_from: None,
            revision: revision.unwrap_or_default(),
        };
        Some(Self { row, usage: Usage::Elsewhere, as_of: None })
    }

    /// The same, of a moment in the past.
    fn of_then(self, as_of: AsOf) -> Self {
        Self { usage: Usage::Forgotten, as_of: Some(as_of), ..self }
    }

    pub(super) fn acts_as(&self) -> UserId {
        self.row.acts_as
    }

    async fn last_used(&self, app: &App) -> Result<TokenRow, Error> {
        if self.usage == Usage::Elsewhere {
            let scope = WorkspaceScope::of(self.row.workspace_id);
            let found = rows::by_id(&app.db, scope, self.row.id, app.clock.now()).await?;
            return Ok(found.unwrap_or_else(|| self.row.clone()));
        }
        Ok(self.row.clone())
    }
}

/// What is said of a revocation, piece by piece.
#[derive(Default)]
struct Revoked {
    at: Option<domain::Time>,
    by: Option<domain::actor::Actor>,
    reason: Option<String>,
    note: Option<String>,
}

impl Revoked {
    fn of(revocation: Option<&Revocation>) -> Self {
        let Some(revocation) = revocation else { return Self::default() };
        let note = revocation.note.as_ref().and_then(|note| note.opened());
        Self {
            at: Some(revocation.revoked_at),
            by: Some(revocation.revoked_by.clone()),
            reason: Some(revocation.reason.as_str().to_owned()),
            note: note.map(|note| note.as_str().to_owned()),
        }
    }
}

/// A long-lived key of an agent; belongs to a workspace and works in its creator's name.
#[Object]
impl AgentToken {
    pub(super) async fn id(&self) -> ID {
        self.row.id.public().into()
    }

    /// Empty once the workspace's key is destroyed.
    async fn name(&self) -> &str {
        self.row.name.as_deref().unwrap_or_default()
    }

    /// Prefix and last four characters, e.g. `nxa_...Q2F9`; never more of the secret.
    async fn hint(&self) -> &str {
        &self.row.hint
    }

    async fn status(&self) -> AgentTokenStatus {
        self.row.status.into()
    }

    async fn revoked(&self) -> bool {
        self.row.status == rows::TokenStatus::Revoked
    }

    async fn expires_at(&self) -> Option<DateTime> {
        self.row.expires_at.map(DateTime)
    }

    /// When it was last accepted; not known for a moment in the past.
    async fn last_used_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DateTime>> {
        Ok(self.last_used(ctx.app()).await.or_graphql()?.last_used_at.map(DateTime))
    }

    /// The network it was last used from, coarsely, and the family of the client.
    async fn last_used_from(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(self.last_used(ctx.app()).await.or_graphql()?.last_used_from)
    }

    async fn created_at(&self) -> DateTime {
        self.row.created_at.into()
    }

    async fn created_by(&self) -> Actor {
        self.row.created_by.into()
    }

    /// When it was revoked, or ended because another took its place.
    async fn revoked_at(&self) -> Option<DateTime> {
        let overlap_ended = self.row.overlap_ends_at;
        let revoked = self.row.status == rows::TokenStatus::Revoked;
        self.row.revoked_at.or(overlap_ended.filter(|_| revoked)).map(DateTime)
    }

    async fn revoked_by(&self) -> Option<Actor> {
        self.row.revoked_by.clone().map(Actor::from)
    }

    /// What the person who revoked it wrote, else the kind of reason.
    async fn revocation_reason(&self) -> Option<&str> {
        self.row.revocation_note.as_deref().or(self.row.revocation_reason.as_deref())
    }

    async fn suspension(&self) -> Option<SuspensionCause> {
        let suspended = self.row.status == rows::TokenStatus::Suspended;
        self.row.suspension.filter(|_| suspended).map(SuspensionCause::from)
    }

    async fn origin(&self) -> AgentTokenOrigin {
        match self.row.origin {
            Origin::Dashboard => AgentTokenOrigin::Dashboard,
            Origin::Pairing(_) => AgentTokenOrigin::Pairing,
            Origin::Rotation(_) => AgentTokenOrigin::Rotation,
        }
    }

    async fn scopes(&self) -> Vec<&'static str> {
        self.row.scopes.iter().map(AgentScope::as_str).collect()
    }

    /// Where it may be used from; empty for everywhere.
    async fn allowed_cidrs(&self) -> Vec<String> {
        self.row.allowed_cidrs.iter().map(|network| network.to_string()).collect()
    }

    /// The token that took its place.
    async fn replaced_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AgentToken>> {
        let Some(id) = self.row.replaced_by else { return Ok(None) };
        by_id(ctx.app(), self.row.workspace_id, id, self.as_of).await.or_graphql()
    }

    /// For `expectedRevision`.
    async fn revision(&self) -> u64 {
        self.row.revision
    }

    /// Sockets open on the node that answers.
    async fn active_connections(&self, ctx: &Context<'_>) -> u32 {
        ctx.app().live.connections().of(self.row.id)
    }

    /// What happened to it, oldest first. Reading it is itself recorded.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)")] first: Option<i32>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<AuditEventConnection> {
        let workspace = self.row.workspace_id.public().into();
        let access = ctx.access(Some(&workspace), Permission::AuditRead).await.or_graphql()?;
        let filter = projections::audit_events::Filter {
            streams: vec![stream_of::<domain::agent_token::AgentToken>(self.row.id)],
            ..Default::default()
        };
        let page = Paging { first, after, ..Paging::default() };
        audit::connection(ctx, &access, filter, page).await.or_graphql()
    }
}

/// Finds a token of a workspace that the caller may read, now or as it stood.
async fn by_id(
    app: &App,
    workspace: WorkspaceId,
    id: TokenId,
    as_of: Option<AsOf>,
) -> Result<Option<AgentToken>, Error> {
    let Some(as_of) = as_of else {
        let scope = WorkspaceScope::of(workspace);
        let row = rows::by_id(&app.db, scope, id, app.clock.now()).await?;
        return Ok(row.map(AgentToken::from));
    };
    let at = app.token_as_of(workspace, id, as_of).await?;
    Ok(at.and_then(AgentToken::folded).map(|token| token.of_then(as_of)))
}

/// Finds a token by its public id, for a caller who may read it.
pub(super) async fn readable(ctx: &Context<'_>, id: &str) -> Result<AgentToken, Error> {
    let id = TokenId::from_public(id).map_err(super::error::not_found)?;
    let (access, _) = ctx.app().token(&ctx.asked().request, id, Permission::TokensRead).await?;
    ctx.settled("agent_tokens", None).await?;
    by_id(ctx.app(), access.workspace, id, None).await?.ok_or(Error::NotFound)
}
