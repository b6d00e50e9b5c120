//! The state of a connected account as one event, so that a fold need not begin at the beginning.
//!
//! Sealed fields stand under the member names they were sealed under.

use serde::{Deserialize, Serialize};

use super::{Account, Connection, Failure, FailureCode, Status};
use crate::{Time, platform::PlatformScopes};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    #[serde(flatten)]
    connection: Connection,
    connected_at: Time,
    status: Stands,
    current: Current,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    refreshed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    refreshing_until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failure: Option<Failed>,
}

/// What a refresh changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Current {
    scopes: PlatformScopes,
    vault_version: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    access_expires_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    Connected,
    NeedsReconnect { code: FailureCode },
    Disconnected { at: Time, revoke_at_provider: bool, destroyed: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failed {
    code: FailureCode,
    attempt: u32,
    next_at: Time,
}

impl Summary {
    pub(super) fn of(account: &Account) -> Self {
        let account = account.clone();
        Self {
            connection: account.connection,
            connected_at: account.connected_at,
            status: match account.status {
                Status::Connected => Stands::Connected,
                Status::NeedsReconnect { code } => Stands::NeedsReconnect { code },
                Status::Disconnected { at, revoke_at_provider, destroyed } => {
                    Stands::Disconnected { at, revoke_at_provider, destroyed }
                }
            },
            current: Current {
                scopes: account.scopes,
                vault_version: account.vault_version,
                access_expires_at: account.access_expires_at,
            },
            refreshed_at: account.refreshed_at,
            refreshing_until: account.refreshing_until,
            failure: account.failure.map(|Failure { code, attempt, next_at }| Failed {
                code,
                attempt,
                next_at,
            }),
        }
    }

    pub(super) fn restore(&self) -> Account {
        let summary = self.clone();
        Account {
            connection: summary.connection,
            connected_at: summary.connected_at,
            status: match summary.status {
                Stands::Connected => Status::Connected,
                Stands::NeedsReconnect { code } => Status::NeedsReconnect { code },
                Stands::Disconnected { at, revoke_at_provider, destroyed } => {
                    Status::Disconnected { at, revoke_at_provider, destroyed }
                }
            },
            scopes: summary.current.scopes,
            vault_version: summary.current.vault_version,
            access_expires_at: summary.current.access_expires_at,
            refreshed_at: summary.refreshed_at,
            refreshing_until: summary.refreshing_until,
            failure: summary.failure.map(|Failed { code, attempt, next_at }| Failure {
                code,
                attempt,
                next_at,
            }),
        }
    }
}
