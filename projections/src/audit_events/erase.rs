//! Erasing a subject: blanking what its key had opened.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::SubjectId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::opened;
use crate::{error::ApplyError, text};

/// Rows changed by one statement.
const AT_ONCE: i64 = 500;

/// Blanks, in every row, the fields that lay under the key of `subject`.
pub(super) async fn erase(subject: SubjectId, tx: &mut PgConnection) -> Result<(), ApplyError> {
    let subject = subject.as_uuid();
    let mut after = -1;
    while let Some(last) = erase_some(subject, after, tx).await? {
        after = last;
    }
    Ok(())
}

/// Blanks the next rows after the position `after`; returns the last one's.
async fn erase_some(
    subject: Uuid,
    after: i64,
    tx: &mut PgConnection,
) -> Result<Option<i64>, ApplyError> {
    let rows = sqlx::query!(
        "select position, data, redacted, keys
           from event join event_subject using (position)
          where subject = $1 and position > $2
          order by position limit $3",
        subject,
        after,
        AT_ONCE,
    )
    .fetch_all(&mut *tx)
    .await?;
    let last = rows.last().map(|row| row.position);
    let (mut positions, mut data, mut redacted) = (vec![], vec![], vec![]);
    for mut row in rows {
        let keys: BTreeMap<String, Uuid> = serde_json::from_value(row.keys)
            .map_err(|error| ApplyError::Database(sqlx::Error::Decode(error.into())))?;
        let mut names: BTreeSet<&str> = row.redacted.split_whitespace().collect();
        for (name, _) in keys.iter().filter(|(_, key)| **key == subject) {
            opened::blank(&mut row.data, name);
            names.insert(name);
        }
        positions.push(row.position);
        redacted.push(text::list(names));
        data.push(row.data);
    }
    sqlx::query!(
        "update event
            set data = blank.data, redacted = blank.redacted,
                client_ip = case when client_key = $4 then null else client_ip end,
                client_agent = case when client_key = $4 then null else client_agent end
           from unnest($1::bigint[], $2::jsonb[], $3::text[]) as blank (position, data, redacted)
          where event.position = blank.position",
        &positions,
        &data,
        &redacted,
        subject,
    )
    .execute(tx)
    .await?;
    Ok(last)
}
