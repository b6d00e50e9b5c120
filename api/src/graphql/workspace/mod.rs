//! Workspaces over GraphQL: their plan and who belongs to them.

mod member;
mod mutation;
mod policy;

use async_graphql::{Context, Enum, ID, Object};
use domain::{
    id::WorkspaceId,
    role::Permission,
    workspace::{Open, Policy},
};
use projections::{
    WorkspaceScope,
    workspaces::{self as rows, WorkspaceRow},
};

use self::policy::WorkspacePolicy;
pub(crate) use self::{member::MemberConnection, mutation::WorkspaceMutation};
use super::{
    agent_token::{self, AgentTokenConnection, AgentTokenFilter, AgentTokenOrder, Paging},
    ask::{Ask, Consistency, OrGraphql},
    connected_account::{self, ConnectedAccountConnection},
    pairing::{self, PairingCodeConnection},
    scalar::{Cursor, DateTime},
};
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::role::Role")]
pub(crate) enum Role {
    Owner,
    Admin,
    Member,
    Viewer,
    /// Stands aside: reads the audit only.
    Auditor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::plan::Plan")]
pub(crate) enum Plan {
    Free,
    Pro,
    Team,
    Enterprise,
}

/// The tenant that owns tokens.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    id: WorkspaceId,
    name: Option<String>,
    plan: domain::plan::Plan,
    plan_since: domain::Time,
    policy: Policy,
}

impl From<WorkspaceRow> for Workspace {
    fn from(row: WorkspaceRow) -> Self {
        let WorkspaceRow { id, name, plan, plan_since, policy, created_at: _ } = row;
        Self { id, name, plan, plan_since, policy }
    }
}

impl Workspace {
    /// A workspace as a command left it, its name open.
    fn opened(id: WorkspaceId, open: &Open) -> Self {
        let name = open.name.opened().map(ToString::to_string);
        let Open { plan, plan_since, ref policy, .. } = *open;
        Self { id, name, plan, plan_since, policy: policy.clone() }
    }

    async fn access(
        &self,
        ctx: &Context<'_>,
        permission: Permission,
    ) -> Result<crate::app::Access, Error> {
        ctx.app().access(ctx.caller()?, self.id, permission).await
    }
}

/// The tenant that owns tokens.
#[Object]
impl Workspace {
    pub(super) async fn id(&self) -> ID {
        self.id.public().into()
    }

    /// Empty once the workspace's key is destroyed.
    async fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    async fn plan(&self) -> Plan {
        self.plan.into()
    }

    async fn plan_since(&self) -> DateTime {
        self.plan_since.into()
    }

    /// What it asks of its tokens.
    async fn policy(&self) -> WorkspacePolicy {
        self.policy.clone().into()
    }

    /// Its agent tokens, the newest first unless ordered otherwise.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn agent_tokens(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
        last: Option<i32>,
        before: Option<Cursor>,
        filter: Option<AgentTokenFilter>,
        order_by: Option<AgentTokenOrder>,
    ) -> async_graphql::Result<AgentTokenConnection> {
        let access = self.access(ctx, Permission::TokensRead).await.or_graphql()?;
        ctx.settled("agent_tokens", None).await.or_graphql()?;
        let (paging, filter) = (Paging { first, after, last, before }, filter.unwrap_or_default());
        agent_token::connection(ctx, &access, paging, filter, order_by).await.or_graphql()
    }

    /// The accounts on platforms that are connected to it, in the order in which they came.
    async fn connected_accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<ConnectedAccountConnection> {
        let access = self.access(ctx, Permission::AccountsRead).await.or_graphql()?;
        let paging = Paging { first, after, ..Paging::default() };
        connected_account::connection(ctx, &access, &paging).await.or_graphql()
    }

    /// Its pairing codes, the newest first; those that can be exchanged, or all there were.
    async fn pairing_codes(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
        #[graphql(default = true)] active_only: bool,
    ) -> async_graphql::Result<PairingCodeConnection> {
        let access = self.access(ctx, Permission::TokensRead).await.or_graphql()?;
        ctx.settled("pairing_codes", None).await.or_graphql()?;
        let paging = Paging { first, after, ..Paging::default() };
        pairing::connection(ctx, &access, &paging, active_only).await.or_graphql()
    }

    /// Who belongs to it, in the order in which they came.
    async fn members(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<MemberConnection> {
        let access = ctx.app().membership(ctx.caller().or_graphql()?, self.id).await;
        let paging = Paging { first, after, ..Paging::default() };
        member::connection(ctx, &access.or_graphql()?, &paging).await.or_graphql()
    }
}

/// Finds a workspace that the caller belongs to.
pub(super) async fn readable(
    ctx: &Context<'_>,
    id: Option<&ID>,
    consistency: Option<Consistency>,
) -> Result<Workspace, Error> {
    let app = ctx.app();
    let access = app.membership(ctx.caller()?, ctx.workspace_id(id)?).await?;
    ctx.settled("workspaces", consistency).await?;
    let scope = WorkspaceScope::of(access.workspace);
    let read = || async { Ok(rows::by_id(&app.db, scope).await?) };
    ctx.present("workspaces", read).await?.map(Workspace::from).ok_or(Error::NotFound)
}
