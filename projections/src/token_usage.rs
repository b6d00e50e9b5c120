//! Token usage: when each agent token was last used, as finely as we care to know.
//!
//! Losable on purpose, and outside the log: the log has one observation a day.
//! Written in batches by whoever gathered them, never in the path of a request.

use domain::{Time, id::TokenId};

use crate::{Result, database::Database};

/// How a token was used since it was last recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub token: TokenId,
    pub last_used_at: Time,
    /// Successful authentications.
    pub uses: u64,
}

/// Adds a batch; each token at most once in it.
pub async fn record(db: &Database, batch: &[Usage]) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let tokens: Vec<_> = batch.iter().map(|usage| usage.token.as_uuid()).collect();
    let times: Vec<_> = batch.iter().map(|usage| usage.last_used_at).collect();
    let uses: Vec<_> = batch.iter().map(|usage| usage.uses.cast_signed()).collect();
    // In one order on every node, so that two batches never wait for each other.
    sqlx::query!(
        "insert into ops.token_usage as u (token_id, last_used_at, uses)
         select * from unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) as b (t, l, n) order by t
         on conflict (token_id) do update set
            last_used_at = greatest(u.last_used_at, excluded.last_used_at),
            uses = u.uses + excluded.uses",
        &tokens,
        &times,
        &uses,
    )
    .execute(db.queries())
    .await?;
    Ok(())
}

/// Returns what is known of the use of `tokens`; for the others nothing is.
pub async fn last_used(db: &Database, tokens: &[TokenId]) -> Result<Vec<Usage>> {
    let ids: Vec<_> = tokens.iter().map(|token| token.as_uuid()).collect();
    let found = sqlx::query!(
        "select token_id, last_used_at, uses from ops.token_usage where token_id = any($1)",
        &ids,
    )
    .fetch_all(db.queries())
    .await?;
    let usages = found.into_iter().map(|row| Usage {
        token: TokenId::from_uuid(row.token_id),
        last_used_at: row.last_used_at,
        uses: row.uses.cast_unsigned(),
    });
    Ok(usages.collect())
}
