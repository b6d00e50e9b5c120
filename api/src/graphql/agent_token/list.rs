//! Queries of agent tokens: one, and lists in pages, now or as they stood.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::{
    id::{TokenId, UserId},
    role::Permission,
};
use projections::{
    Edge, PageRequest, WorkspaceScope,
    agent_tokens::{self as rows, Filter, Order, OrderBy},
};
use store::AsOf;

use super::{AgentToken, AgentTokenStatus, by_id, past};
use crate::{
    app::Access,
    error::Error,
    graphql::{
        ask::{Ask, Consistency, OrGraphql},
        error,
        page_info::PageInfo,
        scalar::{Cursor, DateTime, Position},
    },
};

/// Entries of a page that does not say how many it wants.
pub(super) const PAGE: u32 = 50;

#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct AgentTokenFilter {
    status: Option<Vec<AgentTokenStatus>>,
    /// Part of the name, in any case.
    name_contains: Option<String>,
    created_by: Option<ID>,
    /// Not used since then; never used counts from the creation.
    unused_since: Option<DateTime>,
}

#[derive(Clone, Copy, Debug, InputObject)]
pub(crate) struct AgentTokenOrder {
    field: AgentTokenOrderField,
    direction: SortDirection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "OrderBy")]
pub(crate) enum AgentTokenOrderField {
    /// The only order whose pages stay as they are while tokens are created.
    CreatedAt,
    Name,
    LastUsedAt,
    ExpiresAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum SortDirection {
    Asc,
    Desc,
}

/// Time travel: exactly one of the two.
#[derive(Clone, Copy, Debug, InputObject)]
#[graphql(name = "AsOf")]
pub(crate) struct Moment {
    /// Just after the event at this position.
    position: Option<Position>,
    /// The prefix of each stream that had happened by then.
    time: Option<DateTime>,
}

impl Moment {
    fn parse(self) -> Result<AsOf, Error> {
        match (self.position, self.time) {
            (Some(position), None) => Ok(AsOf::Position(position.0)),
            (None, Some(time)) => Ok(AsOf::Time(time.0)),
            _ => Err(Error::invalid("asOf takes either a position or a time")),
        }
    }
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AgentTokenEdge {
    cursor: Cursor,
    node: AgentToken,
}

#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AgentTokenConnection {
    edges: Vec<AgentTokenEdge>,
    page_info: PageInfo,
    /// How far the read model had read when the first page of this list was made.
    position: Position,
    #[graphql(skip)]
    total: Total,
}

/// What there is to count, if someone asks.
#[derive(Clone, Debug)]
pub(super) struct Total {
    pub(super) scope: WorkspaceScope,
    pub(super) filter: Filter,
    pub(super) until: Option<store::Position>,
}

#[ComplexObject]
impl AgentTokenConnection {
    /// The nodes of the edges.
    async fn nodes(&self) -> Vec<AgentToken> {
        self.edges.iter().map(|edge| edge.node.clone()).collect()
    }

    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        let (app, Total { scope, filter, until }) = (ctx.app(), &self.total);
        rows::count(&app.db, *scope, filter, *until, app.clock.now()).await.or_graphql()
    }
}

/// Relay's four arguments.
#[derive(Default)]
pub(in crate::graphql) struct Paging {
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) after: Option<Cursor>,
    pub(in crate::graphql) last: Option<i32>,
    pub(in crate::graphql) before: Option<Cursor>,
}

impl Paging {
    pub(in crate::graphql) fn request(&self, default: u32) -> Result<PageRequest, Error> {
        let text = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| cursor.0.clone());
        let (after, before) = (text(&self.after), text(&self.before));
        let before = before.as_deref();
        Ok(PageRequest::parse(self.first, after.as_deref(), self.last, before, default)?)
    }
}

#[derive(Default)]
pub(crate) struct AgentTokenQuery;

#[Object]
impl AgentTokenQuery {
    /// One token, now or as it stood.
    async fn agent_token(
        &self,
        ctx: &Context<'_>,
        id: ID,
        consistency: Option<Consistency>,
        as_of: Option<Moment>,
    ) -> async_graphql::Result<Option<AgentToken>> {
        let as_of = as_of.map(Moment::parse).transpose().or_graphql()?;
        find(ctx, &id, consistency, as_of).await.or_graphql()
    }

    /// The tokens of a workspace, the newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn agent_tokens(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        first: Option<i32>,
        after: Option<Cursor>,
        last: Option<i32>,
        before: Option<Cursor>,
        filter: Option<AgentTokenFilter>,
        consistency: Option<Consistency>,
        as_of: Option<Moment>,
    ) -> async_graphql::Result<AgentTokenConnection> {
        let paging = Paging { first, after, last, before };
        let filter = filter.unwrap_or_default();
        let access =
            ctx.access(workspace_id.as_ref(), Permission::TokensRead).await.or_graphql()?;
        ctx.settled("agent_tokens", consistency).await.or_graphql()?;
        match as_of {
            None => connection(ctx, &access, paging, filter, None).await.or_graphql(),
            Some(moment) => {
                let as_of = moment.parse().or_graphql()?;
                past::connection(ctx, &access, &paging, &filter, as_of).await.or_graphql()
            }
        }
    }
}

async fn find(
    ctx: &Context<'_>,
    id: &ID,
    consistency: Option<Consistency>,
    as_of: Option<AsOf>,
) -> Result<Option<AgentToken>, Error> {
    let id = TokenId::from_public(id).map_err(error::not_found)?;
    let (access, _) = ctx.app().token(&ctx.asked().request, id, Permission::TokensRead).await?;
    ctx.settled("agent_tokens", consistency).await?;
    let found = by_id(ctx.app(), access.workspace, id, as_of).await?;
    match (found, as_of) {
        // It is there, but the read model does not know it yet.
        (None, None) => Err(Error::NotFound),
        (found, _) => Ok(found),
    }
}

/// A page of the tokens of a workspace that the caller may read.
pub(in crate::graphql) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    paging: Paging,
    filter: AgentTokenFilter,
    order: Option<AgentTokenOrder>,
) -> Result<AgentTokenConnection, Error> {
    let (app, filter) = (ctx.app(), filter.parse()?);
    let scope = WorkspaceScope::of(access.workspace);
    let order = order.map_or_else(Order::default, Order::from);
    let request = paging.request(PAGE)?;
    let found = rows::page(&app.db, scope, &filter, order, &request, app.clock.now());
    let page = found.await?;
    let until = page.position.filter(|_| order.by == OrderBy::CreatedAt);
    let page_info = PageInfo::of(&page);
    let edges = page.edges.into_iter().map(|Edge { cursor, node }| (cursor, node.into()));
    let total = Total { scope, filter, until };
    Ok(AgentTokenConnection::new(edges, page_info, page.position, total))
}

impl AgentTokenConnection {
    pub(super) fn new(
        edges: impl Iterator<Item = (String, AgentToken)>,
        page_info: PageInfo,
        position: Option<store::Position>,
        total: Total,
    ) -> Self {
        let edges = edges.map(|(cursor, node)| AgentTokenEdge { cursor: Cursor(cursor), node });
        Self { edges: edges.collect(), page_info, position: position.into(), total }
    }
}

impl AgentTokenFilter {
    fn parse(self) -> Result<Filter, Error> {
        let created_by = self.created_by.map(|id| UserId::from_public(&id));
        Ok(Filter {
            status: self.status.into_iter().flatten().map(Into::into).collect(),
            name_contains: self.name_contains.filter(|part| !part.contains('\0')),
            created_by: created_by
                .transpose()
                .map_err(|_| Error::invalid("createdBy is no id of a person"))?,
            unused_since: self.unused_since.map(|since| since.0),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { status, name_contains, created_by, unused_since } = self;
        status.is_none()
            && name_contains.is_none()
            && created_by.is_none()
            && unused_since.is_none()
    }
}

impl From<AgentTokenOrder> for Order {
    fn from(order: AgentTokenOrder) -> Self {
        let descending = order.direction == SortDirection::Desc;
        Self { by: order.field.into(), descending }
    }
}
