//! What is asked of agent tokens, always within one workspace.

use domain::{Time, id::TokenId};
use sqlx::PgPool;
use store::Position;
use uuid::Uuid;

use super::{
    AgentTokens, TokenRow, TokenStatus,
    filter::{Bound, Filter, Order, OrderBy},
    found::Found,
};
use crate::{
    Result, checkpoint,
    database::Database,
    model::ReadModel,
    page::{self, Cursor, Page, PageError, PageRequest},
    scope::WorkspaceScope,
};

struct Id {
    token_id: Uuid,
}

struct Counted {
    count: i64,
}

/// Tokens of one workspace as they stand at a moment, chosen by a filter, then by `$tail`.
///
/// One text, so that what a status is stands in one place. Its parameters from `$9` on are the
/// tail's.
macro_rules! tokens {
    (Found, $tail:tt, $arguments:tt) => {
        tokens!(
            @ Found,
            r#"token_id as "token_id!", workspace_id as "workspace_id!", name, hint as "hint!",
               created_by as "created_by!", acts_as as "acts_as!", created_at as "created_at!",
               created_position as "created_position!", revision as "revision!", expires_at,
               scopes as "scopes!", allowed_cidrs as "allowed_cidrs!", origin as "origin!",
               replaced_by, overlap_ends_at, revoked_at, revoked_by, revocation_reason,
               revocation_note, seen_network, seen_client, suspension, status as "status!",
               last_used_at, key_text as "key_text!", key_number as "key_number!",
               (select position from engine.checkpoint where projection = 'agent_tokens')
                   as read_to"#,
            $tail,
            $arguments
        )
    };
    (Id, $tail:tt, $arguments:tt) => {
        tokens!(@ Id, r#"token_id as "token_id!""#, $tail, $arguments)
    };
    (Counted, $tail:tt, $arguments:tt) => {
        tokens!(@ Counted, r#"count(*) as "count!""#, $tail, $arguments)
    };
    (
        @ $row:ident, $columns:tt, $tail:tt,
        ($db:expr, $scope:expr, $at:expr, $bound:expr, $order:expr $(, $argument:expr)*)
    ) => {
        sqlx::query_as!(
            $row,
            "select " + $columns + r#" from (
                select keyed.*,
                       case $8::text when 'name' then coalesce(lower(name), '') else '' end
                           collate "C" as key_text,
                       case $8
                           when 'last_used_at'
                               then coalesce(extract(epoch from last_used_at) * 1000000, -1)
                           when 'expires_at'
                               then coalesce(extract(epoch from expires_at) * 1000000,
                                             9223372036854775807)
                           else 0
                       end::bigint as key_number
                  from (
                    select token.*, greatest(token.seen_at, usage.last_used_at) as last_used_at,
                           case
                               when revoked_at is not null or overlap_ends_at <= $2 then 'REVOKED'
                               when expires_at <= $2 then 'EXPIRED'
                               when suspension is not null then 'SUSPENDED'
                               else 'ACTIVE'
                           end as status
                      from token_standing token
                      left join ops.token_usage usage on usage.token_id = token.token_id
                     where token.workspace_id = $1
                  ) keyed
             ) token
             where ($3::text[] is null or status = any($3))
               and ($4::text is null or position(lower($4) in lower(name)) > 0)
               and ($5::uuid is null or created_by = $5)
               and ($6::timestamptz is null or coalesce(last_used_at, created_at) < $6)
               and ($7::bigint is null or created_position <= $7) "# + $tail,
            $scope.as_uuid(),
            $at,
            $bound.status.as_deref() as Option<&[String]>,
            $bound.name,
            $bound.created_by,
            $bound.unused_since,
            $bound.until,
            $order.as_str()
            $(, $argument)*
        )
        .fetch_all($db)
        .await
    };
}

/// Returns one token, if it is one of this workspace's.
pub async fn by_id(
    db: &Database,
    scope: WorkspaceScope,
    id: TokenId,
    at: Time,
) -> Result<Option<TokenRow>> {
    Ok(by_ids(db, scope, &[id], at).await?.pop())
}

/// Returns those of `ids` that are tokens of this workspace, in order of creation.
pub async fn by_ids(
    db: &Database,
    scope: WorkspaceScope,
    ids: &[TokenId],
    at: Time,
) -> Result<Vec<TokenRow>> {
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let all = Bound::default();
    let found = tokens!(
        Found,
        "and token_id = any($9) order by created_position",
        (db.queries(), scope, at, all, OrderBy::CreatedAt, &ids)
    )?;
    let rows = found.into_iter().map(TokenRow::try_from).collect::<sqlx::Result<_>>()?;
    Ok(rows)
}

/// Returns a piece of the list of tokens.
pub async fn page(
    db: &Database,
    scope: WorkspaceScope,
    filter: &Filter,
    order: Order,
    request: &PageRequest,
    at: Time,
) -> Result<Page<TokenRow>, PageError> {
    let name = format!("{}{}", order.by.as_str(), if order.descending { "-" } else { "+" });
    let from = request.from(&name)?;
    let db = db.queries();
    let search = Search { scope, filter, order, request, from, at };
    let mut position = from.and_then(Cursor::read_to);
    let mut found = search.rows(db, position).await?;
    if from.is_none() {
        position = match found.first() {
            Some(row) => row.read_to.map(checkpoint::from_sql),
            None => page::position(db, AgentTokens::NAME, None).await?,
        };
        if found.is_empty() {
            // What was created until the position was asked for belongs to the list.
            found = search.rows(db, position).await?;
        }
    }
    let position = request.bounded(position);
    let page = request.page(found, position, |found| Cursor {
        order: name.clone(),
        text: found.key_text.clone(),
        number: found.key_number,
        row: found.created_position,
        position: page::in_cursor(position),
    });
    Ok(page.try_map(TokenRow::try_from)?)
}

/// A piece of the list of tokens that is looked for.
struct Search<'a> {
    scope: WorkspaceScope,
    filter: &'a Filter,
    order: Order,
    request: &'a PageRequest,
    from: Option<&'a Cursor>,
    at: Time,
}

impl Search<'_> {
    /// Returns the rows in the order of the search; `position` is how far the first page had read.
    async fn rows(&self, db: &PgPool, position: Option<Position>) -> sqlx::Result<Vec<Found>> {
        let Self { scope, filter, order, request, from, at } = *self;
        let stable = order.by == OrderBy::CreatedAt;
        // Under this order a list can stay as it was when its first page was made.
        let until = if stable { request.until_at_most(position) } else { None };
        let bound = Bound::new(filter, until);
        let (text, number) = from.map_or(("", 0), |from| (&from.text, from.number));
        let (row, limit) = (from.map(|from| from.row), request.limit());
        let ascending = order.descending == request.backwards();
        match (order.by, ascending) {
            (OrderBy::CreatedAt, true) if *filter == Filter::default() => tokens!(
                Found,
                "and token_id = any(array(
                     select t.token_id from token t
                      where t.workspace_id = $1 and t.created_position > $9
                        and t.created_position <= $10
                      order by t.created_position limit $11))
                 order by created_position",
                (
                    db,
                    scope,
                    at,
                    bound,
                    order.by,
                    row.unwrap_or(-1),
                    bound.until.unwrap_or(i64::MAX),
                    limit
                )
            ),
            (OrderBy::CreatedAt, false) if *filter == Filter::default() => tokens!(
                Found,
                "and token_id = any(array(
                     select t.token_id from token t
                      where t.workspace_id = $1 and t.created_position < $9
                        and t.created_position <= $10
                      order by t.created_position desc limit $11))
                 order by created_position desc",
                (
                    db,
                    scope,
                    at,
                    bound,
                    order.by,
                    row.unwrap_or(i64::MAX),
                    bound.until.unwrap_or(i64::MAX),
                    limit
                )
            ),
            (OrderBy::CreatedAt, true) => tokens!(
                Found,
                "and ($9::bigint is null or created_position > $9)
                  order by created_position limit $10",
                (db, scope, at, bound, order.by, row, limit)
            ),
            (OrderBy::CreatedAt, false) => tokens!(
                Found,
                "and ($9::bigint is null or created_position < $9)
                  order by created_position desc limit $10",
                (db, scope, at, bound, order.by, row, limit)
            ),
            (_, true) => tokens!(
                Found,
                "and ($9::bigint is null
                      or (key_text, key_number, created_position) > ($11::text, $12::bigint, $9))
                  order by key_text, key_number, created_position limit $10",
                (db, scope, at, bound, order.by, row, limit, text, number)
            ),
            (_, false) => tokens!(
                Found,
                "and ($9::bigint is null
                      or (key_text, key_number, created_position) < ($11::text, $12::bigint, $9))
                  order by key_text desc, key_number desc, created_position desc limit $10",
                (db, scope, at, bound, order.by, row, limit, text, number)
            ),
        }
    }
}

/// Returns how many tokens `filter` chooses.
///
/// With `until`, the [position](Page::position) of a page in order of creation, it is the length
/// of the list that the page is a piece of.
pub async fn count(
    db: &Database,
    scope: WorkspaceScope,
    filter: &Filter,
    until: Option<Position>,
    at: Time,
) -> Result<u64> {
    let bound = Bound::new(filter, until);
    let counts = tokens!(Counted, "", (db.queries(), scope, at, bound, OrderBy::CreatedAt))?;
    Ok(counts.first().map_or(0, |counted| counted.count.cast_unsigned()))
}

/// Returns the tokens that can still be used but were not since `since`: what a person may want to
/// revoke together.
pub async fn ids_unused_since(
    db: &Database,
    scope: WorkspaceScope,
    since: Time,
    at: Time,
) -> Result<Vec<TokenId>> {
    let filter = Filter {
        status: vec![TokenStatus::Active, TokenStatus::Suspended],
        unused_since: Some(since),
        ..Filter::default()
    };
    let bound = Bound::new(&filter, None);
    let found = tokens!(
        Id,
        "order by created_position",
        (db.queries(), scope, at, bound, OrderBy::CreatedAt)
    )?;
    Ok(found.into_iter().map(|found| TokenId::from_uuid(found.token_id)).collect())
}
