//! Stored tokens: rows as they lie in the table, read and written a batch at a time.

use std::collections::HashMap;

use domain::{Time, id::TokenId};
use sqlx::PgConnection;
use uuid::Uuid;

/// One row of the table; its columns are explained there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) token_id: Uuid,
    pub(super) workspace_id: Uuid,
    pub(super) name: Option<String>,
    pub(super) hint: String,
    pub(super) created_by: Uuid,
    pub(super) acts_as: Uuid,
    pub(super) created_at: Time,
    pub(super) created_position: i64,
    pub(super) revision: i64,
    pub(super) expires_at: Option<Time>,
    pub(super) scopes: String,
    pub(super) allowed_cidrs: String,
    pub(super) origin: String,
    pub(super) replaced_by: Option<Uuid>,
    pub(super) overlap_ends_at: Option<Time>,
    pub(super) revoked_at: Option<Time>,
    pub(super) revoked_by: Option<String>,
    pub(super) revocation_reason: Option<String>,
    pub(super) revocation_note: Option<String>,
    pub(super) seen_at: Option<Time>,
    pub(super) seen_network: Option<String>,
    pub(super) seen_network_key: Option<Uuid>,
    pub(super) seen_client: Option<String>,
}

/// Reads the rows of `ids` that there are.
pub(super) async fn read(
    tx: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<TokenId, Stored>> {
    let rows = sqlx::query_as!(Stored, "select * from token where token_id = any($1)", ids)
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (TokenId::from_uuid(row.token_id), row)).collect())
}

/// Writes rows, in one statement: what is there already is replaced.
pub(super) async fn write(tx: &mut PgConnection, rows: Vec<Stored>) -> sqlx::Result<()> {
    macro_rules! columns {
        ($($column:ident),* $(,)?) => {
            $(let mut $column = Vec::with_capacity(rows.len());)*
            for row in rows {
                $($column.push(row.$column);)*
            }
        };
    }
    columns!(
        token_id,
        workspace_id,
        name,
        hint,
        created_by,
        acts_as,
        created_at,
        created_position,
        revision,
        expires_at,
        scopes,
        allowed_cidrs,
        origin,
        replaced_by,
        overlap_ends_at,
        revoked_at,
        revoked_by,
        revocation_reason,
        revocation_note,
        seen_at,
        seen_network,
        seen_network_key,
        seen_client,
    );
    sqlx::query!(
        "insert into token (
            token_id, workspace_id, name, hint, created_by, acts_as, created_at, created_position,
            revision, expires_at, scopes, allowed_cidrs, origin, replaced_by, overlap_ends_at,
            revoked_at, revoked_by, revocation_reason, revocation_note, seen_at, seen_network,
            seen_network_key, seen_client)
         select * from unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[],
            $7::timestamptz[], $8::bigint[], $9::bigint[], $10::timestamptz[], $11::text[],
            $12::text[], $13::text[], $14::uuid[], $15::timestamptz[], $16::timestamptz[],
            $17::text[], $18::text[], $19::text[], $20::timestamptz[], $21::text[], $22::uuid[],
            $23::text[])
         on conflict (token_id) do update set
            name = excluded.name, revision = excluded.revision,
            replaced_by = excluded.replaced_by, overlap_ends_at = excluded.overlap_ends_at,
            revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by,
            revocation_reason = excluded.revocation_reason,
            revocation_note = excluded.revocation_note, seen_at = excluded.seen_at,
            seen_network = excluded.seen_network, seen_network_key = excluded.seen_network_key,
            seen_client = excluded.seen_client",
        &token_id,
        &workspace_id,
        &name as _,
        &hint,
        &created_by,
        &acts_as,
        &created_at,
        &created_position,
        &revision,
        &expires_at as _,
        &scopes,
        &allowed_cidrs,
        &origin,
        &replaced_by as _,
        &overlap_ends_at as _,
        &revoked_at as _,
        &revoked_by as _,
        &revocation_reason as _,
        &revocation_note as _,
        &seen_at as _,
        &seen_network as _,
        &seen_network_key as _,
        &seen_client as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}
