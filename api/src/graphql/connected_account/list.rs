//! Queries: a workspace's connected accounts in pages, and the platforms there are.

use async_graphql::{Context, Object, SimpleObject};
use projections::{Edge, WorkspaceScope, connected_accounts as rows};

use super::{ConnectedAccount, Platform};
use crate::{
    app::Access,
    error::Error,
    graphql::{
        agent_token::Paging,
        ask::{Ask, OrGraphql},
        page_info::PageInfo,
        scalar::{Cursor, Position},
    },
};

/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ConnectedAccountEdge {
    cursor: Cursor,
    node: ConnectedAccount,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ConnectedAccountConnection {
    edges: Vec<ConnectedAccountEdge>,
    page_info: PageInfo,
    /// How far the read model had read when the first page of this list was made.
    position: Position,
}

/// A page of the accounts of a workspace that the caller may read.
pub(crate) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    paging: &Paging,
) -> Result<ConnectedAccountConnection, Error> {
    ctx.settled("connected_accounts", None).await?;
    let scope = WorkspaceScope::of(access.workspace);
    let request = paging.request(PAGE)?;
    let page = rows::page(&ctx.app().db, scope, &request).await?;
    let (page_info, position) = (PageInfo::of(&page), page.position.into());
    let edges = page.edges.into_iter().map(|Edge { cursor, node }| ConnectedAccountEdge {
        cursor: Cursor(cursor),
        node: node.into(),
    });
    Ok(ConnectedAccountConnection { edges: edges.collect(), page_info, position })
}

/// A platform that accounts can be connected to.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct PlatformInfo {
    platform: Platform,
    /// For people.
    name: String,
    /// What is asked for unless something else is.
    scopes: Vec<String>,
}

#[derive(Default)]
pub(crate) struct PlatformQuery;

#[Object]
impl PlatformQuery {
    /// The platforms that accounts can be connected to.
    #[expect(clippy::unused_async, reason = "a resolver is asynchronous")]
    async fn platforms(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PlatformInfo>> {
        ctx.caller().or_graphql()?;
        let platforms = ctx.app().platforms.iter().map(|platform| PlatformInfo {
            platform: Platform(platform.name.to_string()),
            name: platform.description.name.clone(),
            scopes: platform.scopes.iter().map(str::to_owned).collect(),
        });
        Ok(platforms.collect())
    }
}
