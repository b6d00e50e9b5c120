//! What is asked of audit events, always within one workspace.

use std::collections::BTreeSet;

use domain::{
    Time,
    actor::Actor,
    id::{SubjectId, WorkspaceId},
};
use store::{Opened, Position};
use uuid::Uuid;

use super::{AuditEvents, opened};
use crate::{
    checkpoint,
    database::Database,
    model::ReadModel,
    page::{self, Cursor, Page, PageError, PageRequest},
    scope::WorkspaceScope,
    text::read_actor,
};

/// Which events are wanted; each field narrows the choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these streams, by their whole names; empty for all.
    pub streams: Vec<String>,
    /// Any of these types; empty for all.
    pub types: Vec<String>,
    /// Who did it, by the id that is shown outside.
    pub actor: Option<String>,
    /// Whom it is about.
    pub subject: Option<SubjectId>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
    pub correlation: Option<Uuid>,
}

/// One event, as auditors may read it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    pub position: Position,
    pub stream: String,
    pub revision: u64,
    pub event_id: Uuid,
    pub event_type: String,
    pub schema: u32,
    pub actor: Actor,
    pub on_behalf_of: Option<Actor>,
    pub workspace_id: Option<WorkspaceId>,
    pub occurred_at: Time,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    /// The payload; sealed fields are open, or null where they are redacted.
    pub data: serde_json::Value,
    /// The names of the fields that nobody can read any more.
    pub redacted: Vec<String>,
}

/// An event straight from the log, for who does not wait for the read model.
impl From<&Opened> for AuditRow {
    fn from(opened: &Opened) -> Self {
        let (event, metadata) = (&opened.event, &opened.event.metadata);
        let client = metadata.client.as_ref().and_then(domain::Sealed::opened);
        let redacted: BTreeSet<_> = opened.blank.iter().cloned().collect();
        Self {
            position: event.position,
            stream: event.stream.clone(),
            revision: event.revision,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            schema: u32::try_from(metadata.schema).unwrap_or(u32::MAX),
            actor: metadata.actor.clone(),
            on_behalf_of: metadata.on_behalf_of.clone(),
            workspace_id: metadata.workspace_id,
            occurred_at: metadata.occurred_at,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id,
            client_ip: client.and_then(|client| client.ip.clone()),
            user_agent: client.and_then(|client| client.user_agent.clone()),
            data: opened::flatten(&event.data),
            redacted: redacted.into_iter().collect(),
        }
    }
}

/// Returns a piece of the history, in the log's order. The cursors are positions.
pub async fn page(
    db: &Database,
    scope: WorkspaceScope,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<AuditRow>, PageError> {
    let from = request.from(Cursor::POSITION)?;
    let row = from.map(|from| from.row);
    let position = page::position(db.queries(), AuditEvents::NAME, None).await?;
    macro_rules! events {
        ($tail:tt) => {
            sqlx::query_as!(
                Found,
                "select position, stream, revision, event_id, type as event_type, schema, actor,
                        on_behalf_of, workspace_id, occurred_at, correlation_id, causation_id,
                        client_ip, client_agent, data, redacted
                   from event
                  where workspace_id = $1
                    and ($2::text[] is null or stream = any($2))
                    and ($3::text[] is null or type = any($3))
                    and ($4::text is null or split_part(actor, ' ', 2) = $4)
                    and ($5::uuid is null or exists (
                        select from event_subject s
                         where s.subject = $5 and s.position = event.position))
                    and ($6::timestamptz is null or occurred_at >= $6)
                    and ($7::timestamptz is null or occurred_at < $7)
                    and ($8::uuid is null or correlation_id = $8) " + $tail,
                scope.as_uuid(),
                any_of(&filter.streams),
                any_of(&filter.types),
                filter.actor,
                filter.subject.map(SubjectId::as_uuid),
                filter.from,
                filter.to,
                filter.correlation,
                row,
                request.limit(),
            )
            .fetch_all(db.queries())
            .await?
        };
    }
    let found = if request.backwards() {
        events!("and ($9::bigint is null or position < $9) order by position desc limit $10")
    } else {
        events!("and ($9::bigint is null or position > $9) order by position limit $10")
    };
    let page = request.page(found, position, |found| Cursor::at(found.position));
    Ok(page.try_map(AuditRow::try_from)?)
}

fn any_of(choice: &[String]) -> Option<&[String]> {
    (!choice.is_empty()).then_some(choice)
}

struct Found {
    position: i64,
    stream: String,
    revision: i64,
    event_id: Uuid,
    event_type: String,
    schema: i32,
    actor: String,
    on_behalf_of: Option<String>,
    workspace_id: Option<Uuid>,
    occurred_at: Time,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    client_ip: Option<String>,
    client_agent: Option<String>,
    data: serde_json::Value,
    redacted: String,
}

impl TryFrom<Found> for AuditRow {
    type Error = sqlx::Error;

    fn try_from(found: Found) -> sqlx::Result<Self> {
        Ok(Self {
            position: checkpoint::from_sql(found.position),
            stream: found.stream,
            revision: found.revision.cast_unsigned(),
            event_id: found.event_id,
            event_type: found.event_type,
            schema: found.schema.cast_unsigned(),
            actor: read_actor(&found.actor)?,
            on_behalf_of: found.on_behalf_of.as_deref().map(read_actor).transpose()?,
            workspace_id: found.workspace_id.map(WorkspaceId::from_uuid),
            occurred_at: found.occurred_at,
            correlation_id: found.correlation_id,
            causation_id: found.causation_id,
            client_ip: found.client_ip,
            user_agent: found.client_agent,
            data: found.data,
            redacted: found.redacted.split_whitespace().map(str::to_owned).collect(),
        })
    }
}
