//! The viewer: who asks, and what they may do.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{id::UserId, role::Permission};
use projections::workspaces as rows;

use super::{
    ask::{Ask, Consistency, OrGraphql},
    user::User,
    workspace::{self, Role, Workspace},
};
use crate::error::Error;

/// Who asks.
#[derive(Debug)]
pub(crate) struct Viewer(UserId);

/// A workspace that someone belongs to.
#[derive(Debug, SimpleObject)]
pub(crate) struct Membership {
    workspace: Workspace,
    role: Role,
    /// What they may do there.
    permissions: Vec<&'static str>,
}

/// Who asks.
#[Object]
impl Viewer {
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<User> {
        // Whoever is let in is in the log; they may have come for the first time a moment ago.
        let load = || async { Ok(ctx.asked().users.load_one(self.0).await?) };
        let user = ctx.present("users", load).await.or_graphql()?;
        user.map(User::from).ok_or(Error::NotFound).or_graphql()
    }

    /// The workspaces they belong to, the oldest membership first.
    async fn memberships(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Membership>> {
        ctx.settled("workspaces", None).await.or_graphql()?;
        let read = || async {
            let found = rows::memberships_of(&ctx.app().db, self.0).await?;
            Ok((!found.is_empty()).then_some(found))
        };
        let found = ctx.present("workspaces", read).await.or_graphql()?;
        let memberships =
            found.into_iter().flatten().map(|rows::Membership { workspace, role, .. }| {
                let reads_tokens = workspace.policy.auditor_reads_tokens;
                let permissions = names(role.permissions(reads_tokens));
                Membership { workspace: workspace.into(), role: role.into(), permissions }
            });
        Ok(memberships.collect())
    }

    /// What they may do in the workspace that the request is about.
    async fn permissions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<&'static str>> {
        permissions(ctx).await.or_graphql()
    }
}

async fn permissions(ctx: &Context<'_>) -> Result<Vec<&'static str>, Error> {
    let access = ctx.app().membership(ctx.caller()?, ctx.workspace_id(None)?).await?;
    Ok(names(&access.permissions()))
}

fn names(permissions: &[Permission]) -> Vec<&'static str> {
    permissions.iter().map(|permission| permission.as_str()).collect()
}

#[derive(Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The person who asks, or in whose name an agent asks.
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Viewer> {
        let user = ctx.caller().or_graphql()?.user().ok_or(Error::NotFound).or_graphql()?;
        ctx.settled("users", None).await.or_graphql()?;
        Ok(Viewer(user))
    }

    /// A workspace that the caller belongs to: by id, by `X-Workspace`, or their own.
    async fn workspace(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        consistency: Option<Consistency>,
    ) -> async_graphql::Result<Option<Workspace>> {
        workspace::readable(ctx, id.as_ref(), consistency).await.map(Some).or_graphql()
    }
}
