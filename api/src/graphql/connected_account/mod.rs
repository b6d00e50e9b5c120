//! Connected accounts over GraphQL. No field holds a platform's token.

mod list;
mod mutation;
mod subscription;

use async_graphql::{
    Context, Enum, ID, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value,
};
use domain::{
    connected_account::{Account, Status},
    id::ConnectedAccountId,
    role::Permission,
};
use projections::{
    WorkspaceScope,
    connected_accounts::{self as rows, AccountRow, AccountStatus},
};

pub(crate) use self::{
    list::{ConnectedAccountConnection, PlatformQuery, connection},
    mutation::ConnectedAccountMutation,
    subscription::ConnectedAccountSubscription,
};
use super::{actor::Actor, ask::Ask, error, scalar::DateTime};
use crate::error::Error;

/// `twitch`, `discord`, or the name of a configured provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Platform(pub(super) String);

/// The longest name that is looked at.
const LONGEST_NAME: usize = 64;

#[Scalar(name = "Platform")]
impl ScalarType for Platform {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= LONGEST_NAME => Ok(Self(text)),
            Value::String(_) => Err(InputValueError::custom("expected the name of a platform")),
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "AccountStatus")]
pub(crate) enum ConnectionStatus {
    Connected,
    /// The platform will not renew what it granted: its person must connect it again.
    NeedsReconnect,
    Disconnected,
}

/// An account on a platform, connected to a workspace.
#[derive(Clone, Debug)]
pub(crate) struct ConnectedAccount(AccountRow);

impl From<AccountRow> for ConnectedAccount {
    fn from(row: AccountRow) -> Self {
        Self(row)
    }
}

impl ConnectedAccount {
    /// An account as a command or an event left it, its sealed fields open.
    pub(super) fn opened(id: ConnectedAccountId, account: &Account) -> Self {
        let connection = &account.connection;
        let failure = account.failure.map(|failure| failure.code);
        let (status, failure) = match account.status {
            Status::Connected => (AccountStatus::Connected, failure),
            Status::NeedsReconnect { code } => (AccountStatus::NeedsReconnect, Some(code)),
            Status::Disconnected { .. } => (AccountStatus::Disconnected, failure),
        };
        let username = connection.platform_username.as_ref();
        Self(AccountRow {
            id,
            workspace_id: connection.workspace_id,
            platform: connection.platform.to_string(),
            platform_user_id: connection.platform_user_id.opened().map(ToString::to_string),
            platform_username: username.and_then(|name| Some(name.opened()?.to_string())),
            status,
            scopes: account.scopes.iter().map(str::to_owned).collect(),
            access_expires_at: account.access_expires_at,
            connected_at: account.connected_at,
            connected_by: connection.connected_by,
            last_refreshed_at: account.refreshed_at,
            refresh_failure: failure.map(|code| code.as_str().to_owned()),
        })
    }
}

/// An account on a platform, connected to a workspace.
#[Object]
impl ConnectedAccount {
    pub(super) async fn id(&self) -> ID {
        self.0.id.public().into()
    }

    async fn platform(&self) -> Platform {
        Platform(self.0.platform.clone())
    }

    /// Their id on the platform; empty once they are erased.
    async fn platform_user_id(&self) -> &str {
        self.0.platform_user_id.as_deref().unwrap_or_default()
    }

    async fn platform_username(&self) -> Option<&str> {
        self.0.platform_username.as_deref()
    }

    /// What the platform granted, which may be less than was asked for.
    async fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    async fn status(&self) -> ConnectionStatus {
        self.0.status.into()
    }

    async fn access_token_expires_at(&self) -> Option<DateTime> {
        self.0.access_expires_at.map(DateTime)
    }

    async fn last_refreshed_at(&self) -> Option<DateTime> {
        self.0.last_refreshed_at.map(DateTime)
    }

    /// What was wrong with the platform's last answer, while that matters.
    async fn refresh_failure_code(&self) -> Option<&str> {
        self.0.refresh_failure.as_deref()
    }

    async fn connected_at(&self) -> DateTime {
        self.0.connected_at.into()
    }

    async fn connected_by(&self) -> Actor {
        self.0.connected_by.into()
    }
}

/// Finds an account of a workspace that the caller may read.
pub(super) async fn readable(ctx: &Context<'_>, id: &str) -> Result<ConnectedAccount, Error> {
    let id = ConnectedAccountId::from_public(id).map_err(error::not_found)?;
    let (app, caller) = (ctx.app(), ctx.caller()?);
    let (access, _) = app.connected_account(caller, id, Permission::AccountsRead).await?;
    ctx.settled("connected_accounts", None).await?;
    let row = rows::by_id(&app.db, WorkspaceScope::of(access.workspace), id).await?;
    row.map(ConnectedAccount::from).ok_or(Error::NotFound)
}
