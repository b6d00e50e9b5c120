//! What whoever verifies access tokens by themselves is told: in the words of the tokens.

use chrono::TimeDelta;
use domain::Time;
use store::Position;

use super::CredentialKind;
use crate::{Result, checkpoint, database::Database};

/// One thing that access tokens name, and that does not count any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    pub position: Position,
    pub kind: CredentialKind,
    /// What tokens call it: the value of `jti`, `fam`, `client_id`, `sub` or `kid`.
    pub name: String,
    /// Of a person: tokens whose `urev` is at least this still count.
    pub revision: Option<u64>,
    /// A stable word, e.g. `user` or `reinstated`.
    pub reason: String,
    pub at: Time,
    /// From then on no token is alive that this is about.
    pub until: Time,
}

/// Returns what ended after `after`, the oldest first, at most `limit`; without a position, from
/// the first that still matters.
///
/// For services of the operator: it is of all workspaces. `longest` is how long an access token
/// lives at most.
pub async fn feed(
    db: &Database,
    after: Option<Position>,
    now: Time,
    longest: TimeDelta,
    limit: u32,
) -> Result<Vec<FeedRow>> {
    let since = now - longest;
    // The fence keeps Postgres on the index by time: along the positions it would read all of the
    // past for the one that is looked for.
    let found = sqlx::query!(
        r#"select position, kind, name as "name!", facts, reason, at, expires_at
             from revocation
            where name is not null and at > $2 and (expires_at is null or expires_at > $3)
              and position > $1
              and position >= (select min(position) from
                                (select position from revocation where at > $2 offset 0) recent)
            order by position limit $4"#,
        after.map_or(0, checkpoint::to_sql),
        since,
        now,
        i64::from(limit),
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| {
        let end = row.at + longest;
        Ok(FeedRow {
            position: checkpoint::from_sql(row.position),
            kind: CredentialKind::of(&row.kind)?,
            name: row.name,
            revision: row.facts.map(i64::cast_unsigned),
            reason: row.reason,
            at: row.at,
            until: row.expires_at.map_or(end, |expiry| expiry.min(end)),
        })
    });
    Ok(rows.collect::<sqlx::Result<_>>()?)
}
