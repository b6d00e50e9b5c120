//! Workspaces, and who belongs to them.

mod query;

use domain::{
    Aggregate, Time,
    id::{SubjectId, UserId, WorkspaceId},
    role::Role,
    workspace::{Event, Policy, Workspace},
};
use sqlx::{PgConnection, postgres::PgQueryResult};

pub use self::query::{MemberRow, Membership, WorkspaceRow, by_id, members, memberships_of};
use crate::{
    checkpoint,
    entry::{Entry, SUBJECT},
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum Workspaces {}

impl ReadModel for Workspaces {
    const NAME: &'static str = "workspaces";
    const VERSION: i32 = 1;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/workspaces.sql");
    const CATEGORIES: &'static [&'static str] = &[Workspace::CATEGORY, SUBJECT];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<Workspace>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            } else if let Some(subject) = entry.destroyed_subject() {
                blank(subject, tx).await?;
            }
        }
        Ok(())
    }
}

async fn apply(
    id: WorkspaceId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let changed = match event {
        Event::Created { owner, name, plan } => {
            sqlx::query!(
                "insert into workspace (workspace_id, name, plan, plan_since, created_at)
                 values ($1, $2, $3, $4, $4)",
                id.as_uuid(),
                text::opened(name),
                plan.as_str(),
                entry.at(),
            )
            .execute(&mut *tx)
            .await?;
            add(id, *owner, Role::Owner, entry, tx).await?
        }
        Event::Renamed { name } => {
            sqlx::query!(
                "update workspace set name = $2 where workspace_id = $1",
                id.as_uuid(),
                text::opened(name),
            )
            .execute(tx)
            .await?
        }
        Event::PlanChanged { to, effective_at, from: _, source: _ } => {
            sqlx::query!(
                "update workspace set plan = $2, plan_since = $3 where workspace_id = $1",
                id.as_uuid(),
                to.as_str(),
                effective_at,
            )
            .execute(tx)
            .await?
        }
        Event::PolicyChanged(policy) => set_policy(id, policy, tx).await?,
        Event::MemberAdded { user, role } => add(id, *user, *role, entry, tx).await?,
        Event::MemberRoleChanged { user, to, from: _ } => {
            sqlx::query!(
                "update member set role = $3 where workspace_id = $1 and user_id = $2",
                id.as_uuid(),
                user.as_uuid(),
                to.as_str(),
            )
            .execute(tx)
            .await?
        }
        Event::MemberRemoved { user } => {
            sqlx::query!(
                "delete from member where workspace_id = $1 and user_id = $2",
                id.as_uuid(),
                user.as_uuid(),
            )
            .execute(tx)
            .await?
        }
        Event::Abandoned {} | Event::Summarised(_) => return Ok(()),
    };
    if changed.rows_affected() == 0 { Err(ApplyError::out_of_order(entry)) } else { Ok(()) }
}

async fn add(
    id: WorkspaceId,
    user: UserId,
    role: Role,
    entry: &Entry,
    tx: &mut PgConnection,
) -> sqlx::Result<PgQueryResult> {
    let since: Time = entry.at();
    sqlx::query!(
        "insert into member (workspace_id, user_id, role, since, since_position)
         values ($1, $2, $3, $4, $5)",
        id.as_uuid(),
        user.as_uuid(),
        role.as_str(),
        since,
        checkpoint::to_sql(entry.event.position),
    )
    .execute(tx)
    .await
}

async fn set_policy(
    id: WorkspaceId,
    policy: &Policy,
    tx: &mut PgConnection,
) -> sqlx::Result<PgQueryResult> {
    sqlx::query!(
        "update workspace set max_token_ttl_s = $2, require_expiry = $3, allowed_cidrs = $4,
                              auditor_reads_tokens = $5
          where workspace_id = $1",
        id.as_uuid(),
        policy.max_token_ttl_s.map(i64::from),
        policy.require_expiry,
        text::list(policy.allowed_cidrs.iter()),
        policy.auditor_reads_tokens,
    )
    .execute(tx)
    .await
}

async fn blank(subject: SubjectId, tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("update workspace set name = null where workspace_id = $1", subject.as_uuid())
        .execute(tx)
        .await?;
    Ok(())
}
