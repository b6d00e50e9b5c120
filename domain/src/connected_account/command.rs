//! What one can ask of a connected account.

use chrono::TimeDelta;

use super::{Account, Connection, Event, FailureCode, Rejection, Status, Trigger};
use crate::{Time, actor::Actor, platform::PlatformScopes};

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "made for one decision, never kept")]
pub enum Command {
    /// The last step but one of `ConnectAccount`; the tokens are in the vault already.
    Connect(Connect),
    StartRefresh(StartRefresh),
    /// A new pair lies in the vault.
    Refresh(Refresh),
    FailRefresh(FailRefresh),
    /// The provider will not renew what it granted.
    EndGrant {
        code: FailureCode,
        vault_version: u64,
    },
    Disconnect {
        by: Actor,
        revoke_at_provider: bool,
    },
    /// The vault holds nothing any more.
    DestroySecret {
        revoked_at_provider: bool,
    },
    /// Makes an id unusable that was never connected. Refused where it was.
    Abandon,
}

#[derive(Clone, Debug)]
pub struct Connect {
    pub connection: Connection,
}

/// Takes the right to ask the provider, until a time.
#[derive(Clone, Copy, Debug)]
pub struct StartRefresh {
    pub until: Time,
    /// Of the pair that is to be spent.
    pub vault_version: u64,
    pub at: Time,
}

#[derive(Clone, Debug)]
pub struct Refresh {
    pub vault_version: u64,
    pub access_expires_at: Option<Time>,
    pub scopes: PlatformScopes,
    pub trigger: Trigger,
}

#[derive(Clone, Copy, Debug)]
pub struct FailRefresh {
    pub code: FailureCode,
    /// Of the pair that was tried.
    pub vault_version: u64,
    pub at: Time,
}

impl Connect {
    pub(super) fn decide(&self) -> Vec<Event> {
        vec![Event::Connected(Box::new(self.connection.clone()))]
    }

    fn decide_again(&self, account: &Account) -> Result<Vec<Event>, Rejection> {
        let same = self.connection.vault_ref == account.connection.vault_ref
            && self.connection.identity == account.connection.identity;
        match account.status {
            Status::Connected if same => Ok(vec![]),
            Status::NeedsReconnect { .. } if account.connects_as(&self.connection) => {
                Ok(self.decide())
            }
            Status::Connected | Status::NeedsReconnect { .. } => Err(Rejection::AlreadyConnected),
            Status::Disconnected { .. } => Err(Rejection::Disconnected),
        }
    }
}

impl StartRefresh {
    fn decide(&self, account: &Account) -> Result<Vec<Event>, Rejection> {
        account.refused()?;
        if account.vault_version != self.vault_version {
            Err(Rejection::AlreadyRefreshed)
        } else if account.is_refreshing(self.at) {
            Err(Rejection::RefreshUnderWay)
        } else if account.failure.is_some_and(|failure| self.at < failure.next_at) {
            Err(Rejection::TooSoon)
        } else {
            Ok(vec![Event::RefreshStarted { until: self.until }])
        }
    }
}

impl Refresh {
    fn decide(&self, account: &Account) -> Result<Vec<Event>, Rejection> {
        account.refused()?;
        if self.vault_version <= account.vault_version {
            return Ok(vec![]);
        }
        let Self { vault_version, access_expires_at, scopes, trigger } = self.clone();
        Ok(vec![Event::Refreshed { vault_version, access_expires_at, scopes, trigger }])
    }
}

impl FailRefresh {
    const FIRST_DELAY: TimeDelta = TimeDelta::seconds(5);
    const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);

    /// Later with every failure in a row: 5 s, 10 s, 20 s … 15 min.
    fn decide(&self, account: &Account) -> Vec<Event> {
        if account.status != Status::Connected || account.vault_version != self.vault_version {
            return vec![];
        }
        let attempt = account.failure.map_or(0, |failure| failure.attempt).saturating_add(1);
        let delay = Self::FIRST_DELAY * 2_i32.pow((attempt - 1).min(10));
        let next_at = self.at + delay.min(Self::LONGEST_DELAY);
        vec![Event::RefreshFailed { code: self.code, attempt, next_at }]
    }
}

impl Command {
    /// Decides for an account that was connected.
    pub(super) fn decide(&self, account: &Account) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Connect(connect) => connect.decide_again(account),
            Self::Abandon => Err(Rejection::AlreadyConnected),
            Self::StartRefresh(start) => start.decide(account),
            Self::Refresh(refresh) => refresh.decide(account),
            Self::FailRefresh(failed) => Ok(failed.decide(account)),
            Self::EndGrant { code, vault_version } => {
                let tried =
                    account.status == Status::Connected && account.vault_version == *vault_version;
                Ok(if tried { vec![Event::NeedsReconnect { code: *code }] } else { vec![] })
            }
            Self::Disconnect { by, revoke_at_provider } => Ok(match account.status {
                Status::Disconnected { .. } => vec![],
                Status::Connected | Status::NeedsReconnect { .. } => vec![Event::Disconnected {
                    by: by.clone(),
                    revoke_at_provider: *revoke_at_provider,
                }],
            }),
            Self::DestroySecret { revoked_at_provider } => match account.status {
                Status::Disconnected { destroyed: true, .. } => Ok(vec![]),
                Status::Disconnected { .. } => {
                    Ok(vec![Event::SecretDestroyed { revoked_at_provider: *revoked_at_provider }])
                }
                Status::Connected | Status::NeedsReconnect { .. } => Err(Rejection::StillConnected),
            },
        }
    }
}
