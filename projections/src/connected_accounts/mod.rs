//! Connected accounts, as lists show them, and which of them are due for a refresh.
//!
//! The tokens are in no table. Whether one is due is decided again on the stream.

mod query;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use domain::{
    Aggregate, Time,
    connected_account::{ConnectedAccount, Connection, Event},
    id::{ConnectedAccountId, SubjectId},
};
use sqlx::PgConnection;

pub use self::query::{AccountRow, AccountStatus, by_id, due, of_person, page};
use crate::{
    checkpoint,
    entry::{Entry, SUBJECT},
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum ConnectedAccounts {}

impl ReadModel for ConnectedAccounts {
    const NAME: &'static str = "connected_accounts";
    const VERSION: i32 = 1;
    const TABLES: &'static str =
        include_str!("../../../migrations/read_models/connected_accounts.sql");
    const CATEGORIES: &'static [&'static str] = &[ConnectedAccount::CATEGORY, SUBJECT];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<ConnectedAccount>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            } else if let Some(subject) = entry.destroyed_subject() {
                blank(subject, tx).await?;
            }
        }
        Ok(())
    }
}

/// How long before its end a token is refreshed: five minutes, or a quarter of a short life.
pub fn refresh_due(access_expires_at: Time, issued_at: Time) -> Time {
    const LEAD: TimeDelta = TimeDelta::minutes(5);
    let life = (access_expires_at - issued_at).max(TimeDelta::zero());
    access_expires_at - LEAD.min(life / 4)
}

async fn apply(
    id: ConnectedAccountId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let id = id.as_uuid();
    let changed = match event {
        Event::Connected(connection) => return connect(id, connection, entry, tx).await,
        Event::RefreshStarted { until } => {
            sqlx::query!(
                "update connected_account set refresh_due_at = $2 where account_id = $1",
                id,
                until,
            )
            .execute(tx)
            .await?
        }
        Event::Refreshed { access_expires_at, scopes, vault_version: _, trigger: _ } => {
            sqlx::query!(
                "update connected_account
                    set access_expires_at = $2, scopes = $3, last_refreshed_at = $4,
                        refresh_due_at = $5, refresh_failure = null
                  where account_id = $1",
                id,
                *access_expires_at,
                text::list(scopes.iter()),
                entry.at(),
                access_expires_at.map(|end| refresh_due(end, entry.at())),
            )
            .execute(tx)
            .await?
        }
        Event::RefreshFailed { code, next_at, attempt: _ } => {
            sqlx::query!(
                "update connected_account set refresh_failure = $2, refresh_due_at = $3
                  where account_id = $1",
                id,
                code.as_str(),
                next_at,
            )
            .execute(tx)
            .await?
        }
        Event::NeedsReconnect { code } => {
            sqlx::query!(
                "update connected_account
                    set status = 'needs_reconnect', refresh_failure = $2, refresh_due_at = null
                  where account_id = $1",
                id,
                code.as_str(),
            )
            .execute(tx)
            .await?
        }
        Event::Disconnected { .. } => {
            sqlx::query!(
                "update connected_account set status = 'disconnected', refresh_due_at = null
                  where account_id = $1",
                id,
            )
            .execute(tx)
            .await?
        }
        Event::SecretDestroyed { .. } | Event::Abandoned {} | Event::Summarised(_) => return Ok(()),
    };
    if changed.rows_affected() == 0 { Err(ApplyError::out_of_order(entry)) } else { Ok(()) }
}

/// One that is connected again keeps its place in the list.
async fn connect(
    id: uuid::Uuid,
    connection: &Connection,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let due = connection.access_expires_at.filter(|_| connection.refreshable);
    let username = connection.platform_username.as_ref().and_then(text::opened);
    sqlx::query!(
        "insert into connected_account (account_id, workspace_id, platform, platform_user_id,
                platform_username, subject_key, status, scopes, refreshable, access_expires_at,
                connected_at, connected_by, connected_position, refresh_due_at)
         values ($1, $2, $3, $4, $5, $6, 'connected', $7, $8, $9, $10, $11, $12, $13)
         on conflict (account_id) do update set
                platform_user_id = excluded.platform_user_id,
                platform_username = excluded.platform_username,
                subject_key = excluded.subject_key, status = 'connected',
                scopes = excluded.scopes, refreshable = excluded.refreshable,
                access_expires_at = excluded.access_expires_at,
                connected_at = excluded.connected_at, connected_by = excluded.connected_by,
                last_refreshed_at = null, refresh_failure = null,
                refresh_due_at = excluded.refresh_due_at",
        id,
        connection.workspace_id.as_uuid(),
        connection.platform.as_str(),
        text::opened(&connection.platform_user_id),
        username,
        entry.sealed_by.get("platform_user_id").map(|key| key.as_uuid()),
        text::list(connection.scopes.iter()),
        connection.refreshable,
        connection.access_expires_at,
        entry.at(),
        connection.connected_by.as_uuid(),
        checkpoint::to_sql(entry.event.position),
        due.map(|end| refresh_due(end, entry.at())),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn blank(subject: SubjectId, tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "update connected_account set platform_user_id = null, platform_username = null
          where subject_key = $1",
        subject.as_uuid(),
    )
    .execute(tx)
    .await?;
    Ok(())
}
