//! What is asked of revocations.

use domain::{Time, actor::Actor, id::WorkspaceId};
use store::Position;

use super::CredentialKind;
use crate::{
    Result, checkpoint, database::Database, page::LARGEST_PAGE, scope::WorkspaceScope,
    text::read_actor,
};

/// One credential that died before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationRow {
    pub position: Position,
    pub kind: CredentialKind,
    /// As it is shown outside, e.g. `tok_…`.
    pub credential_id: String,
    /// In whose name the credential was used.
    pub subject: Option<Actor>,
    pub workspace_id: Option<WorkspaceId>,
    /// A stable word, e.g. `user` or `leaked`.
    pub reason: String,
    pub revoked_by: Actor,
    pub at: Time,
    /// When the credential would have ended by itself.
    pub expires_at: Option<Time>,
}

/// Returns the revocations of this workspace after `position`, the oldest first, at most a
/// hundred.
pub async fn after(
    db: &Database,
    scope: WorkspaceScope,
    position: Option<Position>,
) -> Result<Vec<RevocationRow>> {
    let found = sqlx::query!(
        "select * from revocation
          where workspace_id = $1 and ($2::bigint is null or position > $2)
          order by position limit $3",
        scope.as_uuid(),
        position.map(checkpoint::to_sql),
        i64::from(LARGEST_PAGE),
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| {
        Ok(RevocationRow {
            position: checkpoint::from_sql(row.position),
            kind: CredentialKind::of(&row.kind)?,
            credential_id: row.credential_id,
            subject: row.subject.as_deref().map(read_actor).transpose()?,
            workspace_id: row.workspace_id.map(WorkspaceId::from_uuid),
            reason: row.reason,
            revoked_by: read_actor(&row.revoked_by)?,
            at: row.at,
            expires_at: row.expires_at,
        })
    });
    Ok(rows.collect::<sqlx::Result<_>>()?)
}
