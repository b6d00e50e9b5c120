//! Topic: what a `/ws` socket can subscribe to, and how its events read.

use std::{pin::Pin, str::FromStr};

use domain::{
    Sealed, agent_token,
    connected_account::{Account, FailureCode, Status},
    id::{ConnectedAccountId, WorkspaceId},
    login::Login,
    role::Permission,
    session_token::{SessionToken, Via},
    token_family::TokenFamily,
};
use futures::{Stream, stream};
use serde_json::{Value, json};
use store::{Position, Unavailable};

use super::{
    frame,
    held::{Basis, Held, Refused},
};
use crate::{
    app::{App, request::stream_of, token_at::TokenAt},
    live::{Change, Interest, Item, Key, Message, ViewError},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// What happens to this very credential.
    Own,
    /// What ends in this token's workspace.
    Revocations,
    /// What happens to the connected accounts of its workspace.
    Accounts,
}

/// Anything else; messages of the application itself are not this service's business.
#[derive(Debug)]
pub(super) struct UnknownTopic;

pub(super) type Items = Pin<Box<dyn Stream<Item = Result<Item, Unavailable>> + Send>>;

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        match text {
            "self" => Ok(Self::Own),
            "revocations" => Ok(Self::Revocations),
            "accounts" => Ok(Self::Accounts),
            _ => Err(UnknownTopic),
        }
    }
}

impl Topic {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Revocations => "revocations",
            Self::Accounts => "accounts",
        }
    }

    /// What its subscribers need the permission to.
    pub(super) const fn needs(self) -> Option<Permission> {
        match self {
            Self::Own => None,
            Self::Revocations => Some(Permission::TokensRead),
            Self::Accounts => Some(Permission::AccountsRead),
        }
    }

    /// Refuses who may not subscribe.
    pub(super) async fn permit(self, app: &App, held: &Held) -> Result<(), &'static str> {
        let may = held.require(app, self.needs().as_slice()).await;
        may.map_err(|refused| match refused {
            Refused::Error(error) => error.describe().rest,
            Refused::Token(_) | Refused::Session(_) => "insufficient_scope",
        })
    }

    pub(super) fn subscribe(self, app: &App, held: &Held, after: Option<Position>) -> Items {
        let interest = match self {
            Self::Own => {
                let stream = match held.basis {
                    Basis::AgentToken(id) => stream_of::<agent_token::AgentToken>(id),
                    // Nothing happens to these but their end, which the holder is told of anyway.
                    Basis::SessionToken(id) => stream_of::<SessionToken>(id),
                    Basis::SignedIn(Via::Login(id)) => stream_of::<Login>(id),
                    Basis::SignedIn(Via::Family(id)) => stream_of::<TokenFamily>(id),
                };
                Interest::new(Key::Stream(stream), |message| change(message).is_some())
            }
            Self::Revocations => {
                let tenant = Key::Tenant(held.workspace);
                Interest::new(tenant, |message| message.revocation().is_some())
            }
            Self::Accounts => {
                let tenant = Key::Tenant(held.workspace);
                Interest::new(tenant, |message| message.account_change().is_some())
            }
        };
        let subscription = app.live.subscribe(interest, after);
        Box::pin(stream::unfold(subscription, |mut subscription| async {
            Some((subscription.next().await, subscription))
        }))
    }

    /// Writes a message's frame, all but the subscriber's id.
    pub(super) async fn write(self, app: &App, message: &Message) -> Result<String, ViewError> {
        let write = |data| frame::shared(message.position(), self.as_str(), &data);
        match self {
            Self::Own => {
                let token = message.token(&app.log, &app.vault).await?;
                let data = json!({
                    "change": change(message),
                    "token": token.as_deref().map(token_json),
                });
                Ok(write(data))
            }
            Self::Revocations => Ok(message.frame(|| write(revocation_json(message))).to_string()),
            Self::Accounts => {
                let account = message.account(&app.log, &app.vault).await?;
                let data = json!({
                    "change": message.account_change(),
                    "account": account.as_deref().map(|(id, account)| account_json(*id, account)),
                });
                Ok(write(data))
            }
        }
    }
}

/// What the token's holder is told of; `None` for what does not concern them, and for the token's
/// end, after which there is nothing but the socket's close.
fn change(message: &Message) -> Option<&'static str> {
    let Change::AgentToken(_, event) = &message.change else { return None };
    match &**event {
        agent_token::Event::Renamed { .. } => Some("renamed"),
        agent_token::Event::Rotated { .. } => Some("rotated"),
        agent_token::Event::Created(_)
        | agent_token::Event::Revoked { .. }
        | agent_token::Event::UsageObserved { .. }
        | agent_token::Event::Abandoned {}
        | agent_token::Event::Summarised(_) => None,
    }
}

fn token_json(at: &TokenAt) -> Value {
    let Some(token) = &at.token else { return Value::Null };
    json!({
        "id": at.id.public(),
        "revision": at.revision,
        "name": token.name.opened(),
        "hint": token.hint,
        "expires_at": token.expires_at,
        "replaced_by": token.rotated.map(|rotation| rotation.replaced_by.public()),
        "overlap_ends_at": token.rotated.map(|rotation| rotation.overlap_ends_at),
        "revoked_at": token.revoked.as_ref().map(|revoked| revoked.revoked_at),
    })
}

fn account_json(id: ConnectedAccountId, account: &Account) -> Value {
    let connection = &account.connection;
    let (status, lost) = match account.status {
        Status::Connected => ("CONNECTED", None),
        Status::NeedsReconnect { code } => ("NEEDS_RECONNECT", Some(code)),
        Status::Disconnected { .. } => ("DISCONNECTED", None),
    };
    let failure = lost.or(account.failure.map(|failure| failure.code));
    json!({
        "id": id.public(),
        "platform": connection.platform,
        "platform_user_id": connection.platform_user_id.opened(),
        "platform_username": connection.platform_username.as_ref().and_then(Sealed::opened),
        "status": status,
        "scopes": account.scopes.iter().collect::<Vec<_>>(),
        "access_expires_at": account.access_expires_at,
        "refresh_failure_code": failure.map(FailureCode::as_str),
    })
}

fn revocation_json(message: &Message) -> Value {
    let Some(revocation) = message.revocation() else { return Value::Null };
    json!({
        "kind": revocation.kind.as_str(),
        "credential_id": revocation.credential_id,
        "workspace_id": message.event.metadata.workspace_id.map(WorkspaceId::public),
        "reason": revocation.reason,
        "revoked_by": { "kind": revocation.revoked_by.kind, "id": revocation.revoked_by.id },
        "occurred_at": message.event.metadata.occurred_at,
    })
}

/// What a holder is told shortly before the token ends by itself.
pub(super) fn expiring(at: Position, held: &Held) -> String {
    let data = json!({ "change": "expiring", "ends_at": held.ends_at });
    frame::shared(at, Topic::Own.as_str(), &data)
}
