//! What is asked of connected accounts.

use domain::{
    Time,
    id::{ConnectedAccountId, UserId, WorkspaceId},
};
use uuid::Uuid;

use super::ConnectedAccounts;
use crate::{
    Result,
    database::Database,
    model::ReadModel,
    page::{self, Cursor, Page, PageError, PageRequest},
    scope::WorkspaceScope,
    text::unexpected,
};

/// One connected account, as the read model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: ConnectedAccountId,
    pub workspace_id: WorkspaceId,
    pub platform: String,
    /// `None` once the person's key is destroyed.
    pub platform_user_id: Option<String>,
    pub platform_username: Option<String>,
    pub status: AccountStatus,
    /// What the platform granted.
    pub scopes: Vec<String>,
    pub access_expires_at: Option<Time>,
    pub connected_at: Time,
    pub connected_by: UserId,
    pub last_refreshed_at: Option<Time>,
    /// A [`FailureCode`](domain::connected_account::FailureCode), by its name.
    pub refresh_failure: Option<String>,
}

/// What a connected account is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    Connected,
    NeedsReconnect,
    Disconnected,
}

struct Found {
    account_id: Uuid,
    workspace_id: Uuid,
    platform: String,
    platform_user_id: Option<String>,
    platform_username: Option<String>,
    status: String,
    scopes: String,
    access_expires_at: Option<Time>,
    connected_at: Time,
    connected_by: Uuid,
    connected_position: i64,
    last_refreshed_at: Option<Time>,
    refresh_failure: Option<String>,
}

impl TryFrom<Found> for AccountRow {
    type Error = sqlx::Error;

    fn try_from(found: Found) -> sqlx::Result<Self> {
        Ok(Self {
            id: ConnectedAccountId::from_uuid(found.account_id),
            workspace_id: WorkspaceId::from_uuid(found.workspace_id),
            platform: found.platform,
            platform_user_id: found.platform_user_id,
            platform_username: found.platform_username,
            status: match found.status.as_str() {
                "connected" => AccountStatus::Connected,
                "needs_reconnect" => AccountStatus::NeedsReconnect,
                "disconnected" => AccountStatus::Disconnected,
                _ => return Err(unexpected("status")),
            },
            scopes: found.scopes.split_whitespace().map(str::to_owned).collect(),
            access_expires_at: found.access_expires_at,
            connected_at: found.connected_at,
            connected_by: UserId::from_uuid(found.connected_by),
            last_refreshed_at: found.last_refreshed_at,
            refresh_failure: found.refresh_failure,
        })
    }
}

macro_rules! accounts {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Found,
            "select account_id, workspace_id, platform, platform_user_id, platform_username, status,
                    scopes, access_expires_at, connected_at, connected_by, connected_position,
                    last_refreshed_at, refresh_failure
               from connected_account " + $tail,
            $($argument),*
        )
    };
}

/// Returns one account of a workspace.
pub async fn by_id(
    db: &Database,
    scope: WorkspaceScope,
    id: ConnectedAccountId,
) -> Result<Option<AccountRow>> {
    let found =
        accounts!("where workspace_id = $1 and account_id = $2", scope.as_uuid(), id.as_uuid())
            .fetch_optional(db.queries())
            .await?;
    Ok(found.map(AccountRow::try_from).transpose()?)
}

/// Returns a piece of the list of a workspace's accounts that are not disconnected, in the order
/// in which they came.
pub async fn page(
    db: &Database,
    scope: WorkspaceScope,
    request: &PageRequest,
) -> Result<Page<AccountRow>, PageError> {
    const ORDER: &str = "connected";
    let from = request.from(ORDER)?;
    let position = page::position(db.queries(), ConnectedAccounts::NAME, from).await?;
    let (row, limit) = (from.map(|from| from.row), request.limit());
    let found = if request.backwards() {
        accounts!(
            "where workspace_id = $1 and status <> 'disconnected'
               and ($2::bigint is null or connected_position < $2)
             order by connected_position desc limit $3",
            scope.as_uuid(),
            row,
            limit,
        )
        .fetch_all(db.queries())
        .await?
    } else {
        accounts!(
            "where workspace_id = $1 and status <> 'disconnected'
               and ($2::bigint is null or connected_position > $2)
             order by connected_position limit $3",
            scope.as_uuid(),
            row,
            limit,
        )
        .fetch_all(db.queries())
        .await?
    };
    let page = request
        .page(found, position, |found| Cursor::of(ORDER, found.connected_position, position));
    Ok(page.try_map(AccountRow::try_from)?)
}

/// Returns accounts that are due for a refresh, the longest due first; at most `most`.
///
/// For the service itself, which asks the streams again before it acts.
pub async fn due(db: &Database, now: Time, most: u32) -> Result<Vec<ConnectedAccountId>> {
    let found = sqlx::query_scalar!(
        "select account_id from connected_account
          where refresh_due_at <= $1
          order by refresh_due_at, account_id limit $2",
        now,
        i64::from(most),
    )
    .fetch_all(db.queries())
    .await?;
    Ok(found.into_iter().map(ConnectedAccountId::from_uuid).collect())
}

/// Returns the accounts that a person connected and that are not disconnected, wherever they are.
///
/// For the service itself, when the person goes.
pub async fn of_person(db: &Database, person: UserId) -> Result<Vec<ConnectedAccountId>> {
    let found = sqlx::query_scalar!(
        "select account_id from connected_account
          where connected_by = $1 and status <> 'disconnected'
          order by connected_position",
        person.as_uuid(),
    )
    .fetch_all(db.queries())
    .await?;
    Ok(found.into_iter().map(ConnectedAccountId::from_uuid).collect())
}
