//! Client secret usage: when each secret of an application was last used, to know when the old one
//! of two can go.
//!
//! Losable on purpose, and outside the log. Written in batches, never in the path of a request.

use std::collections::HashMap;

use domain::{Time, id::ClientSecretId};

use crate::{Result, database::Database};

/// Records when secrets were last used; each at most once in a batch.
pub async fn record(db: &Database, batch: &[(ClientSecretId, Time)]) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let (secrets, times): (Vec<_>, Vec<_>) =
        batch.iter().map(|(secret, at)| (secret.as_uuid(), *at)).unzip();
    // In one order on every node, so that two batches never wait for each other.
    sqlx::query!(
        "insert into ops.client_secret_usage as u (secret_id, last_used_at)
         select * from unnest($1::uuid[], $2::timestamptz[]) as b (s, l) order by s
         on conflict (secret_id) do update set
            last_used_at = greatest(u.last_used_at, excluded.last_used_at)",
        &secrets,
        &times,
    )
    .execute(db.queries())
    .await?;
    Ok(())
}

/// Returns when `secrets` were last used; those that never were are left out.
pub async fn last_used(
    db: &Database,
    secrets: &[ClientSecretId],
) -> Result<HashMap<ClientSecretId, Time>> {
    let ids: Vec<_> = secrets.iter().map(|secret| secret.as_uuid()).collect();
    let found = sqlx::query!(
        "select secret_id, last_used_at from ops.client_secret_usage where secret_id = any($1)",
        &ids,
    )
    .fetch_all(db.queries())
    .await?;
    let used =
        found.into_iter().map(|row| (ClientSecretId::from_uuid(row.secret_id), row.last_used_at));
    Ok(used.collect())
}
