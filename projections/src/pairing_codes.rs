//! Pairing codes: which were generated, and what became of them. The codes themselves are nowhere.

use std::convert::Infallible;

use chrono::TimeDelta;
use domain::{
    Aggregate, Retention, Time,
    id::{TokenId, UserId, WorkspaceId},
    pairing::{Event, PairerId, Pairing, PairingId},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result, checkpoint,
    database::Database,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    page::{self, Cursor, Page, PageError, PageRequest},
    scope::WorkspaceScope,
};

pub(crate) enum PairingCodes {}

impl ReadModel for PairingCodes {
    const NAME: &'static str = "pairing_codes";
    const VERSION: i32 = 1;
    const TABLES: &'static str = include_str!("../../migrations/read_models/pairing_codes.sql");
    const CATEGORIES: &'static [&'static str] = &[Pairing::CATEGORY];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(by) = entry.event.id_of::<Pairing>() {
                apply(by, &entry.event.decode()?, entry, tx).await?;
            }
        }
        match events.last() {
            Some(last) => forget(last.at(), tx).await,
            None => Ok(()),
        }
    }
}

/// What became of the last pairing of its person.
#[derive(Default)]
struct Fate {
    used_at: Option<Time>,
    token: Option<TokenId>,
    cancelled_at: Option<Time>,
    superseded_at: Option<Time>,
}

async fn apply(
    by: PairerId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let (at, fate) = (Some(entry.at()), Fate::default());
    let fate = match event {
        Event::CodeGenerated(generated) => {
            sqlx::query!(
                "insert into pairing (workspace_id, user_id, number, created_position, created_at,
                                      expires_at)
                 values ($1, $2, $3, $4, $5, $6)",
                by.workspace.as_uuid(),
                by.user.as_uuid(),
                generated.number.cast_signed(),
                checkpoint::to_sql(entry.event.position),
                entry.at(),
                generated.expires_at,
            )
            .execute(tx)
            .await?;
            return Ok(());
        }
        Event::CodeExchanged(_) => Fate { used_at: at, ..fate },
        Event::TokenIssued { token_id } => Fate { token: Some(*token_id), ..fate },
        Event::CodeCancelled {} => Fate { cancelled_at: at, ..fate },
        Event::CodeSuperseded {} => Fate { superseded_at: at, ..fate },
        Event::ExchangeAbandoned { .. } => return Ok(()),
    };
    sqlx::query!(
        "update pairing set
            used_at = coalesce(used_at, $3), token_id = coalesce(token_id, $4),
            cancelled_at = coalesce(cancelled_at, $5),
            superseded_at = coalesce(superseded_at, $6)
          where workspace_id = $1 and user_id = $2
            and number = (select max(number) from pairing
                           where workspace_id = $1 and user_id = $2)",
        by.workspace.as_uuid(),
        by.user.as_uuid(),
        fate.used_at,
        fate.token.map(TokenId::as_uuid),
        fate.cancelled_at,
        fate.superseded_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets what the log forgets, so that a rebuild agrees.
async fn forget(now: Time, tx: &mut PgConnection) -> Result<(), ApplyError> {
    let Retention::Days(days) = Pairing::RETENTION else { return Ok(()) };
    let oldest = now - TimeDelta::days(days.into());
    sqlx::query!("delete from pairing where created_at < $1", oldest).execute(tx).await?;
    Ok(())
}

/// One pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingRow {
    pub id: PairingId,
    pub created_at: Time,
    pub expires_at: Time,
    pub used_at: Option<Time>,
    /// The token that it became, once it exists.
    pub token: Option<TokenId>,
    pub cancelled_at: Option<Time>,
    pub superseded_at: Option<Time>,
}

struct Found {
    workspace_id: Uuid,
    user_id: Uuid,
    number: i64,
    created_position: i64,
    created_at: Time,
    expires_at: Time,
    used_at: Option<Time>,
    token_id: Option<Uuid>,
    cancelled_at: Option<Time>,
    superseded_at: Option<Time>,
}

impl From<Found> for PairingRow {
    fn from(found: Found) -> Self {
        let workspace = WorkspaceId::from_uuid(found.workspace_id);
        let by = PairerId { workspace, user: UserId::from_uuid(found.user_id) };
        Self {
            id: PairingId { by, number: found.number.cast_unsigned() },
            created_at: found.created_at,
            expires_at: found.expires_at,
            used_at: found.used_at,
            token: found.token_id.map(TokenId::from_uuid),
            cancelled_at: found.cancelled_at,
            superseded_at: found.superseded_at,
        }
    }
}

/// Returns one pairing, if it is one of this workspace's.
pub async fn by_id(
    db: &Database,
    scope: WorkspaceScope,
    id: PairingId,
) -> Result<Option<PairingRow>> {
    if WorkspaceScope::of(id.by.workspace) != scope {
        return Ok(None);
    }
    let found = sqlx::query_as!(
        Found,
        "select workspace_id, user_id, number, created_position, created_at, expires_at, used_at,
                token_id, cancelled_at, superseded_at
           from pairing where workspace_id = $1 and user_id = $2 and number = $3",
        scope.as_uuid(),
        id.by.user.as_uuid(),
        id.number.cast_signed(),
    )
    .fetch_optional(db.queries())
    .await?;
    Ok(found.map(PairingRow::from))
}

/// Returns a piece of the list of pairings, the newest first: those that are open at a moment, or
/// all of them.
pub async fn page(
    db: &Database,
    scope: WorkspaceScope,
    open_at: Option<Time>,
    request: &PageRequest,
) -> Result<Page<PairingRow>, PageError> {
    const ORDER: &str = "generated";
    macro_rules! pairings {
        ($tail:tt, $($argument:expr),*) => {
            sqlx::query_as!(
                Found,
                "select workspace_id, user_id, number, created_position, created_at, expires_at,
                        used_at, token_id, cancelled_at, superseded_at
                   from pairing
                  where workspace_id = $1
                    and ($2::timestamptz is null
                         or expires_at > $2 and used_at is null and cancelled_at is null
                            and superseded_at is null) " + $tail,
                scope.as_uuid(),
                open_at,
                $($argument),*
            )
            .fetch_all(db.queries())
            .await?
        };
    }
    let from = request.from(ORDER)?;
    let position = page::position(db.queries(), PairingCodes::NAME, from).await?;
    let (row, limit) = (from.map(|from| from.row), request.limit());
    let found = if request.backwards() {
        pairings!(
            "and ($3::bigint is null or created_position > $3)
              order by created_position limit $4",
            row,
            limit
        )
    } else {
        pairings!(
            "and ($3::bigint is null or created_position < $3)
              order by created_position desc limit $4",
            row,
            limit
        )
    };
    let page =
        request.page(found, position, |found| Cursor::of(ORDER, found.created_position, position));
    let Ok(page) = page.try_map(|found| Ok::<_, Infallible>(PairingRow::from(found)));
    Ok(page)
}
