//! Connected accounts: what a platform lets a workspace do in somebody's name.
//!
//! ```text
//! Unconnected ──Connect──▶ Connected ⇄ refreshing (until a time)
//!      │                       │  ├──EndGrant──▶ NeedsReconnect ──Connect──▶ Connected
//!      │                       │  └──FailRefresh──▶ Connected, tried again later
//!      │                       └──Disconnect──▶ Disconnected ──DestroySecret──▶ gone
//!      └──Abandon──▶ Abandoned: it can never be connected
//! ```
//!
//! The platform's tokens lie in a vault stream and never enter the domain. A refresh spends a
//! token that may be good once, so whoever's `refresh_started` lands at the expected revision does
//! it, and nobody else before its time is up. A new pair is in the vault before it is on record.

mod command;
mod event;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use command::{Command, Connect, FailRefresh, Refresh, StartRefresh};
pub use event::{Connection, Event, FailureCode, Trigger};
pub use state::{Account, ConnectedAccount, Failure, Status};
pub use summary::Summary;

use crate::{Aggregate, Time, aggregate, id::ConnectedAccountId};

/// Why a command on a connected account is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such connected account")]
    NotFound,
    #[error("this account is connected already")]
    AlreadyConnected,
    #[error("this account was given up before it was connected")]
    Abandoned,
    #[error("this account is disconnected")]
    Disconnected,
    #[error("this account must be connected again by its person")]
    NeedsReconnect,
    #[error("this account's token is being refreshed")]
    RefreshUnderWay,
    #[error("this account's token has been refreshed meanwhile")]
    AlreadyRefreshed,
    #[error("the provider failed a moment ago")]
    TooSoon,
    #[error("this account is not disconnected")]
    StillConnected,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyConnected => "ACCOUNT_ALREADY_CONNECTED",
            Self::Abandoned => "ACCOUNT_ABANDONED",
            Self::Disconnected => "ACCOUNT_DISCONNECTED",
            Self::NeedsReconnect => "NEEDS_RECONNECT",
            Self::RefreshUnderWay => "REFRESH_UNDER_WAY",
            Self::AlreadyRefreshed => "ALREADY_REFRESHED",
            Self::TooSoon => "PROVIDER_UNAVAILABLE",
            Self::StillConnected => "ACCOUNT_STILL_CONNECTED",
        }
    }
}

impl Aggregate for ConnectedAccount {
    const CATEGORY: &'static str = "connected_account";

    type Id = ConnectedAccountId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unconnected, Command::Connect(connect)) => Ok(connect.decide()),
            (Self::Unconnected, Command::Abandon) => Ok(vec![Event::Abandoned {}]),
            (Self::Abandoned, Command::Abandon) => Ok(vec![]),
            (Self::Abandoned, Command::Connect(_)) => Err(Rejection::Abandoned),
            (Self::Unconnected | Self::Abandoned, _) => Err(Rejection::NotFound),
            (Self::Connected(account), command) => command.decide(account),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        match (self, event) {
            (_, Event::Connected(connection)) => {
                Self::Connected(Box::new(Account::new((**connection).clone(), at)))
            }
            (_, Event::Summarised(summary)) => Self::Connected(Box::new(summary.restore())),
            (Self::Unconnected, Event::Abandoned {}) => Self::Abandoned,
            (Self::Connected(mut account), event) => {
                account.apply(event, at);
                Self::Connected(account)
            }
            // What needs an account and finds none is impossible, and too late to argue with.
            (state @ (Self::Unconnected | Self::Abandoned), _) => state,
        }
    }

    fn summarise(&self) -> Option<Event> {
        self.account().map(|account| Event::Summarised(Box::new(Summary::of(account))))
    }
}
