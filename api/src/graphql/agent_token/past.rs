//! Past: the tokens of a workspace as they stood.
//!
//! Which tokens there were by then comes from the read model, in order of creation; how each stood
//! is folded from its stream. What would need the state of all of them to choose is refused.

use async_graphql::Context;
use projections::{
    Edge, PageRequest, WorkspaceScope,
    agent_tokens::{self as rows, Order},
    audit_events,
};
use store::AsOf;

use super::{
    AgentToken, by_id,
    list::{AgentTokenConnection, AgentTokenFilter, PAGE, Paging, Total},
};
use crate::{
    app::{Access, App},
    error::Error,
    graphql::{ask::Ask, page_info::PageInfo},
};

pub(super) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    paging: &Paging,
    filter: &AgentTokenFilter,
    as_of: AsOf,
) -> Result<AgentTokenConnection, Error> {
    if !filter.is_empty() {
        return Err(Error::invalid("a list as of a moment can not be filtered"));
    }
    let (app, scope) = (ctx.app(), WorkspaceScope::of(access.workspace));
    let until = match as_of {
        AsOf::Position(position) => {
            ctx.reached("agent_tokens", position).await?;
            Some(position)
        }
        AsOf::Time(time) => {
            // What happened by then is known to the read models, unless it was just now.
            let now = app.live.position();
            let _ = ctx.reached("audit_events", now).await;
            newest_before(app, scope, time).await?
        }
    };
    // Before the first event of the workspace it had no tokens.
    let until = until.unwrap_or(store::Position::START);
    let request = paging.request(PAGE)?.until(until);
    let all = rows::Filter::default();
    let found = rows::page(&app.db, scope, &all, Order::default(), &request, app.clock.now()).await;
    let page = found?;
    let page_info = PageInfo::of(&page);
    let mut edges = Vec::with_capacity(page.edges.len());
    for Edge { cursor, node } in page.edges {
        let token: Option<AgentToken> = by_id(app, access.workspace, node.id, Some(as_of)).await?;
        edges.extend(token.map(|token| (cursor, token)));
    }
    let total = Total { scope, filter: all, until: Some(until) };
    Ok(AgentTokenConnection::new(edges.into_iter(), page_info, page.position, total))
}

/// The newest event of the workspace that had happened by `time`.
async fn newest_before(
    app: &App,
    scope: WorkspaceScope,
    time: domain::Time,
) -> Result<Option<store::Position>, Error> {
    let after = time + chrono::TimeDelta::milliseconds(1);
    let filter = audit_events::Filter { to: Some(after), ..Default::default() };
    let last = PageRequest::parse(None, None, Some(1), None, 1)?;
    let page = audit_events::page(&app.db, scope, &filter, &last).await?;
    Ok(page.edges.last().map(|edge| edge.node.position))
}
