//! The audit over GraphQL: what happened in a workspace, and who looked.

mod query;
mod subscription;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{
    id::{SubjectId, UserId, WorkspaceId},
    plan::PlanLimits,
};
use projections::{
    Edge, WorkspaceScope,
    audit_events::{self, AuditRow, Filter},
};
use serde::Serialize;
use store::{Opened, Vault};
use uuid::Uuid;

pub(crate) use self::{query::AuditQuery, subscription::AuditSubscription};
use super::{
    actor::Actor,
    agent_token::Paging,
    ask::Ask,
    page_info::PageInfo,
    scalar::{Cursor, DateTime, Position},
};
use crate::{
    app::{Access, App},
    error::Error,
};

/// What an event's public id begins with.
const ID_PREFIX: &str = "evt_";
/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvent(AuditRow);

impl From<AuditRow> for AuditEvent {
    fn from(row: AuditRow) -> Self {
        Self(row)
    }
}

impl From<&Opened> for AuditEvent {
    fn from(opened: &Opened) -> Self {
        Self(AuditRow::from(opened))
    }
}

/// Which events are wanted; each field narrows the choice.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct AuditFilter {
    /// Whole names of streams, e.g. `agent_token-0198…`.
    streams: Option<Vec<String>>,
    /// E.g. `agent_token.revoked`.
    types: Option<Vec<String>>,
    actor_id: Option<ID>,
    /// The person or workspace whose key seals a field of the event.
    subject_id: Option<ID>,
    /// Not before.
    from: Option<DateTime>,
    /// Before.
    to: Option<DateTime>,
    correlation_id: Option<ID>,
}

/// What is kept, as a hash, of what was asked for.
#[derive(Serialize)]
struct Looked<'a> {
    streams: &'a [String],
    types: &'a [String],
    actor: Option<&'a str>,
    subject: Option<SubjectId>,
    from: Option<domain::Time>,
    to: Option<domain::Time>,
    correlation: Option<Uuid>,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AuditEventEdge {
    cursor: Cursor,
    node: AuditEvent,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AuditEventConnection {
    edges: Vec<AuditEventEdge>,
    /// The nodes of the edges.
    nodes: Vec<AuditEvent>,
    page_info: PageInfo,
    /// How far the history had been read when this page was made.
    head: Position,
}

/// The values that a filter may list.
const MOST_VALUES: usize = 100;

impl AuditFilter {
    fn parse(self) -> Result<Filter, Error> {
        let (streams, types) = (self.streams.unwrap_or_default(), self.types.unwrap_or_default());
        if streams.len() > MOST_VALUES || types.len() > MOST_VALUES {
            return Err(Error::invalid("a filter lists at most 100 values"));
        }
        let actor = self.actor_id.map(|id| id.0);
        if streams.iter().chain(&types).chain(&actor).any(|text| text.contains('\0')) {
            return Err(Error::invalid("a filter holds no control characters"));
        }
        let correlation = self.correlation_id.map(|id| Uuid::parse_str(&id)).transpose();
        Ok(Filter {
            streams,
            types,
            actor,
            subject: self.subject_id.map(|id| subject(&id)).transpose()?,
            from: self.from.map(|time| time.0),
            to: self.to.map(|time| time.0),
            correlation: correlation.map_err(|_| Error::invalid("correlationId is no UUID"))?,
        })
    }
}

fn subject(id: &str) -> Result<SubjectId, Error> {
    let user = UserId::from_public(id).map(SubjectId::from);
    let workspace = WorkspaceId::from_public(id).map(SubjectId::from);
    user.or(workspace).map_err(|_| Error::invalid("subjectId names a person or a workspace"))
}

impl<'a> From<&'a Filter> for Looked<'a> {
    fn from(filter: &'a Filter) -> Self {
        Self {
            streams: &filter.streams,
            types: &filter.types,
            actor: filter.actor.as_deref(),
            subject: filter.subject,
            from: filter.from,
            to: filter.to,
            correlation: filter.correlation,
        }
    }
}

/// A page of a workspace's history, for a caller who may read it; that they did is recorded.
pub(super) async fn connection(
    ctx: &Context<'_>,
    access: &Access,
    mut filter: Filter,
    paging: Paging,
) -> Result<AuditEventConnection, Error> {
    let (app, request) = (ctx.app(), paging.request(PAGE)?);
    ctx.settled("audit_events", None).await?;
    filter.from = filter.from.max(view_begins(app, access));
    let scope = WorkspaceScope::of(access.workspace);
    let page = audit_events::page(&app.db, scope, &filter, &request).await?;
    record(ctx, access, &filter, page.edges.len()).await?;
    let page_info = PageInfo::of(&page);
    let edges: Vec<_> = page
        .edges
        .into_iter()
        .map(|Edge { cursor, node }| AuditEventEdge { cursor: Cursor(cursor), node: node.into() })
        .collect();
    let nodes = edges.iter().map(|edge| edge.node.clone()).collect();
    Ok(AuditEventConnection { edges, nodes, page_info, head: page.position.into() })
}

/// Records, once an operation, that its caller looked.
async fn record(
    ctx: &Context<'_>,
    access: &Access,
    filter: &Filter,
    count: usize,
) -> Result<(), Error> {
    let asked = ctx.asked();
    if asked.first_audit_read() {
        let (looked, workspace) = (Looked::from(filter), Some(access.workspace));
        let count = count as u64;
        ctx.app().record_audit_read(&asked.request, workspace, &looked, count).await?;
    }
    Ok(())
}

/// From when on the workspace's plan lets its history be viewed; the log keeps all of it.
fn view_begins(app: &App, access: &Access) -> Option<domain::Time> {
    let PlanLimits { audit_days, .. } = app.plan_limits(access.open().plan);
    Some(app.clock.now() - chrono::TimeDelta::days(audit_days?.into()))
}

/// One thing that happened: who did what to which stream, when, and from where.
#[Object]
impl AuditEvent {
    pub(super) async fn id(&self) -> ID {
        format!("{ID_PREFIX}{}", self.0.position.encode()).into()
    }

    /// Where to resume after this.
    async fn cursor(&self) -> Cursor {
        self.0.position.into()
    }

    async fn position(&self) -> Position {
        self.0.position.into()
    }

    async fn stream(&self) -> &str {
        &self.0.stream
    }

    /// Its number in the stream, from 0.
    async fn revision(&self) -> u64 {
        self.0.revision
    }

    async fn r#type(&self) -> &str {
        &self.0.event_type
    }

    /// Which shape the payload had when it was written.
    async fn schema_version(&self) -> u32 {
        self.0.schema
    }

    async fn occurred_at(&self) -> DateTime {
        self.0.occurred_at.into()
    }

    async fn actor(&self) -> Actor {
        self.0.actor.clone().into()
    }

    async fn on_behalf_of(&self) -> Option<Actor> {
        self.0.on_behalf_of.clone().map(Actor::from)
    }

    async fn workspace_id(&self) -> Option<ID> {
        self.0.workspace_id.map(|id| id.public().into())
    }

    /// The request it belongs to.
    async fn correlation_id(&self) -> ID {
        self.0.correlation_id.to_string().into()
    }

    /// The event that caused it, where one did.
    async fn causation_id(&self) -> Option<ID> {
        self.0.causation_id.map(|id| id.to_string().into())
    }

    async fn client_ip(&self) -> Option<&str> {
        self.0.client_ip.as_deref()
    }

    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The payload as JSON; what is sealed in the log is open, or null where it is redacted.
    async fn data(&self) -> String {
        self.0.data.to_string()
    }

    /// The fields that nobody can read any more.
    async fn redacted_fields(&self) -> &[String] {
        &self.0.redacted
    }
}

/// Finds an event by its public id, for a caller who may read it; that they did is recorded.
pub(super) async fn readable(ctx: &Context<'_>, id: &str) -> Result<AuditEvent, Error> {
    let position = id.strip_prefix(ID_PREFIX).and_then(store::Position::decode);
    let position = position.ok_or(Error::NotFound)?;
    let after = store::Position::from_u64(position.as_u64() + 1);
    let (app, caller) = (ctx.app(), ctx.caller()?);
    let found = app.log.read_all(Some(after), true, 1).await?.pop();
    let found = found.filter(|event| event.position == position).ok_or(Error::NotFound)?;
    let workspace = found.metadata.workspace_id.ok_or(Error::NotFound)?;
    let access = app.access(caller, workspace, domain::role::Permission::AuditRead).await?;
    if view_begins(app, &access).is_some_and(|begin| found.metadata.occurred_at < begin) {
        return Err(Error::NotFound);
    }
    let filter = Filter { streams: vec![found.stream.clone()], ..Filter::default() };
    record(ctx, &access, &filter, 1).await?;
    opened(&app.vault, found).await
}

pub(super) async fn opened(vault: &Vault, event: store::Recorded) -> Result<AuditEvent, Error> {
    Ok(AuditEvent::from(&vault.open_recorded(event).await?))
}
