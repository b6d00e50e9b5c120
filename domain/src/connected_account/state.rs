//! What is known of a connected account.

use super::{Connection, Event, FailureCode, Rejection};
use crate::{Time, platform::PlatformScopes};

/// One connected account, from before it is connected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ConnectedAccount {
    #[default]
    Unconnected,
    /// Given up before it was connected.
    Abandoned,
    Connected(Box<Account>),
}

impl ConnectedAccount {
    /// The account, where there is one.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Connected(account) => Some(account),
            Self::Unconnected | Self::Abandoned => None,
        }
    }
}

/// An account that was connected.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// As it was made; scopes, version and expiry may be newer below.
    pub connection: Connection,
    pub connected_at: Time,
    pub status: Status,
    pub scopes: PlatformScopes,
    pub vault_version: u64,
    pub access_expires_at: Option<Time>,
    pub refreshed_at: Option<Time>,
    /// Until when somebody may be asking the provider.
    pub refreshing_until: Option<Time>,
    /// Where the last refresh failed.
    pub failure: Option<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Connected,
    NeedsReconnect {
        code: FailureCode,
    },
    /// For good.
    Disconnected {
        at: Time,
        revoke_at_provider: bool,
        /// Whether the vault holds nothing any more.
        destroyed: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: FailureCode,
    /// Counts from 1 since the last success.
    pub attempt: u32,
    pub next_at: Time,
}

impl Account {
    pub(super) fn new(connection: Connection, at: Time) -> Self {
        Self {
            connected_at: at,
            status: Status::Connected,
            scopes: connection.scopes.clone(),
            vault_version: connection.vault_version,
            access_expires_at: connection.access_expires_at,
            refreshed_at: None,
            refreshing_until: None,
            failure: None,
            connection,
        }
    }

    /// Tells whether somebody may be asking the provider at a moment.
    pub fn is_refreshing(&self, at: Time) -> bool {
        self.refreshing_until.is_some_and(|until| at < until)
    }

    /// Refuses what takes an account that works.
    pub(super) fn refused(&self) -> Result<(), Rejection> {
        match self.status {
            Status::Connected => Ok(()),
            Status::NeedsReconnect { .. } => Err(Rejection::NeedsReconnect),
            Status::Disconnected { .. } => Err(Rejection::Disconnected),
        }
    }

    /// Tells whether a connection is of the same identity in the same workspace.
    pub(super) fn connects_as(&self, connection: &Connection) -> bool {
        self.connection.identity == connection.identity
            && self.connection.workspace_id == connection.workspace_id
            && self.connection.platform == connection.platform
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::RefreshStarted { until } => self.refreshing_until = Some(*until),
            Event::Refreshed { vault_version, access_expires_at, scopes, trigger: _ } => {
                self.vault_version = *vault_version;
                self.access_expires_at = *access_expires_at;
                self.scopes = scopes.clone();
                self.refreshed_at = Some(at);
                (self.refreshing_until, self.failure) = (None, None);
            }
            Event::RefreshFailed { code, attempt, next_at } => {
                let (code, attempt, next_at) = (*code, *attempt, *next_at);
                self.failure = Some(Failure { code, attempt, next_at });
                self.refreshing_until = None;
            }
            Event::NeedsReconnect { code } => {
                self.status = Status::NeedsReconnect { code: *code };
                (self.refreshing_until, self.failure) = (None, None);
            }
            Event::Disconnected { revoke_at_provider, by: _ } => {
                let revoke_at_provider = *revoke_at_provider;
                self.status = Status::Disconnected { at, revoke_at_provider, destroyed: false };
                self.refreshing_until = None;
            }
            Event::SecretDestroyed { .. } => {
                if let Status::Disconnected { destroyed, .. } = &mut self.status {
                    *destroyed = true;
                }
            }
            Event::Connected(_) | Event::Abandoned {} | Event::Summarised(_) => {}
        }
    }
}
