//! Members of a workspace.

use async_graphql::{ComplexObject, Context, SimpleObject};
use domain::id::UserId;
use projections::{Edge, WorkspaceScope, workspaces as rows};

use super::Role;
use crate::{
    app::Access,
    error::Error,
    graphql::{
        agent_token::Paging,
        ask::{Ask, OrGraphql},
        page_info::PageInfo,
        scalar::{Cursor, DateTime},
        user::User,
    },
};

/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

/// Someone who belongs to a workspace.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Member {
    role: Role,
    /// When they came; a change of role leaves it.
    since: DateTime,
    #[graphql(skip)]
    user: UserId,
}

#[ComplexObject]
impl Member {
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<User> {
        let user = ctx.asked().users.load_one(self.user).await.or_graphql()?;
        user.map(User::from).ok_or(Error::NotFound).or_graphql()
    }
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct MemberEdge {
    cursor: Cursor,
    node: Member,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct MemberConnection {
    edges: Vec<MemberEdge>,
    page_info: PageInfo,
}

pub(super) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    paging: &Paging,
) -> Result<MemberConnection, Error> {
    let scope = WorkspaceScope::of(access.workspace);
    let request = paging.request(PAGE)?;
    let page = rows::members(&ctx.app().db, scope, &request).await?;
    let page_info = PageInfo::of(&page);
    let edges = page.edges.into_iter().map(|Edge { cursor, node }| MemberEdge {
        cursor: Cursor(cursor),
        node: Member { role: node.role.into(), since: node.since.into(), user: node.user },
    });
    Ok(MemberConnection { edges: edges.collect(), page_info })
}
