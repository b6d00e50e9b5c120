//! The pairings of a workspace, page by page.

use async_graphql::{Context, SimpleObject};
use projections::{Edge, WorkspaceScope, pairing_codes as rows};

use super::PairingCode;
use crate::{
    app::Access,
    error::Error,
    graphql::{
        agent_token::Paging,
        ask::Ask,
        page_info::PageInfo,
        scalar::{Cursor, Position},
    },
};

/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct PairingCodeEdge {
    cursor: Cursor,
    node: PairingCode,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct PairingCodeConnection {
    edges: Vec<PairingCodeEdge>,
    page_info: PageInfo,
    /// How far the read model had read when the first page was made.
    position: Position,
}

pub(in crate::graphql) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    paging: &Paging,
    active_only: bool,
) -> Result<PairingCodeConnection, Error> {
    let (app, scope) = (ctx.app(), WorkspaceScope::of(access.workspace));
    let open_at = active_only.then(|| app.clock.now());
    let request = paging.request(PAGE)?;
    let page = rows::page(&app.db, scope, open_at, &request).await?;
    let (page_info, position) = (PageInfo::of(&page), page.position.into());
    let edges = page
        .edges
        .into_iter()
        .map(|Edge { cursor, node }| PairingCodeEdge { cursor: Cursor(cursor), node: node.into() });
    Ok(PairingCodeConnection { edges: edges.collect(), page_info, position })
}
