//! Message: one event on its way to everyone on this node who wants it.
//!
//! What subscribers see of it is made once, when the first of them asks: the event with its sealed
//! fields open, and the token folded at exactly this event, never a later one.

use std::sync::{Arc, OnceLock};

use domain::{
    agent_token::{self, AgentToken},
    catalog,
    connected_account::{self, Account, ConnectedAccount},
    id::{ConnectedAccountId, SubjectId, TokenId},
};
use store::{AsOf, Log, Opened, Position, ReadError, Recorded, Vault, VaultError};
use tokio::sync::OnceCell;

use super::Revocation;
use crate::app::{
    opened,
    standing::Evidence,
    token_at::{self, TokenAt},
};

/// An event, and what it means to those who watch.
pub struct Message {
    /// As it lies in the log: sealed fields are closed.
    pub event: Recorded,
    pub change: Change,
    /// This release can make nothing of it; what it says has to be found out otherwise.
    pub is_unreadable: bool,
    /// The token with this event, where the follower had it at hand.
    evidence: Option<Evidence>,
    token: OnceCell<Arc<TokenAt>>,
    account: OnceCell<Option<Arc<AccountAt>>>,
    opened: OnceCell<Arc<Opened>>,
    frame: OnceLock<Arc<str>>,
}

/// A connected account as an event left it, its sealed fields open.
pub type AccountAt = (ConnectedAccountId, Account);

/// What an event changes, in the eyes of those who watch.
pub enum Change {
    AgentToken(TokenId, Box<agent_token::Event>),
    ConnectedAccount(ConnectedAccountId, Box<connected_account::Event>),
    Other,
}

impl Change {
    fn of(event: &Recorded) -> Self {
        if let Some(id) = event.id_of::<AgentToken>() {
            let fact = event.decode::<agent_token::Event>();
            fact.map_or(Self::Other, |fact| Self::AgentToken(id, Box::new(fact)))
        } else if let Some(id) = event.id_of::<ConnectedAccount>() {
            let fact = event.decode::<connected_account::Event>();
            fact.map_or(Self::Other, |fact| Self::ConnectedAccount(id, Box::new(fact)))
        } else {
            Self::Other
        }
    }
}

/// Why a view of a message could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Message {
    pub(super) fn new(event: Recorded, evidence: Option<Evidence>) -> Self {
        let change = Change::of(&event);
        let (kind, schema) = (&*event.event_type, event.metadata.schema);
        let readable = catalog::can_read(event.category(), kind, schema, &event.data);
        let is_unreadable = readable == Some(false);
        let (token, account, opened, frame) = Default::default();
        Self { event, change, is_unreadable, evidence, token, account, opened, frame }
    }

    pub fn position(&self) -> Position {
        self.event.position
    }

    /// Tells whether the event is about a person or a workspace.
    pub fn concerns(&self, subject: SubjectId) -> bool {
        projections::audit_events::concerns(&self.event, subject)
    }

    /// What ended with this event, if anything that was accepted is not any more.
    pub fn revocation(&self) -> Option<Revocation> {
        Revocation::of(self)
    }

    /// The token as this event left it, with its name open; `None` if the event is no token's.
    pub async fn token(&self, log: &Log, vault: &Vault) -> Result<Option<Arc<TokenAt>>, ViewError> {
        let Change::AgentToken(id, _) = &self.change else { return Ok(None) };
        let made = self.token.get_or_try_init(|| self.fold(*id, log, vault)).await?;
        Ok(Some(Arc::clone(made)))
    }

    /// What happened to a connected account, in the word that its watchers are told; none if the
    /// event is none's, or says nothing to them.
    pub fn account_change(&self) -> Option<&'static str> {
        use connected_account::Event;
        let Change::ConnectedAccount(_, event) = &self.change else { return None };
        match &**event {
            Event::Connected(_) => Some("connected"),
            Event::Refreshed { .. } => Some("refreshed"),
            Event::RefreshFailed { .. } => Some("refresh_failed"),
            Event::NeedsReconnect { .. } => Some("needs_reconnect"),
            Event::Disconnected { .. } => Some("disconnected"),
            Event::RefreshStarted { .. }
            | Event::SecretDestroyed { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => None,
        }
    }

    /// The connected account as this event left it; `None` if the event is none's.
    pub async fn account(
        &self,
        log: &Log,
        vault: &Vault,
    ) -> Result<Option<Arc<AccountAt>>, ViewError> {
        let Change::ConnectedAccount(id, _) = &self.change else { return Ok(None) };
        let made = self.account.get_or_try_init(|| self.fold_account(*id, log, vault)).await?;
        Ok(made.clone())
    }

    async fn fold_account(
        &self,
        id: ConnectedAccountId,
        log: &Log,
        vault: &Vault,
    ) -> Result<Option<Arc<AccountAt>>, ViewError> {
        let at = AsOf::Position(self.position());
        let state = log.state_at::<ConnectedAccount>(id, at).await?.state;
        let Some(account) = state.account() else { return Ok(None) };
        let opened = opened::connected_account(vault, id, account).await?;
        Ok(Some(Arc::new((id, opened))))
    }

    /// The event with its sealed fields open, or blank where their key is destroyed.
    pub async fn opened(&self, vault: &Vault) -> Result<Arc<Opened>, ViewError> {
        let open = || async { vault.open_recorded(self.event.clone()).await.map(Arc::new) };
        Ok(Arc::clone(self.opened.get_or_try_init(open).await?))
    }

    /// The text of this message for sockets, written once by whichever needs it first.
    pub(crate) fn frame(&self, write: impl FnOnce() -> String) -> Arc<str> {
        Arc::clone(self.frame.get_or_init(|| write().into()))
    }

    async fn fold(&self, id: TokenId, log: &Log, vault: &Vault) -> Result<Arc<TokenAt>, ViewError> {
        let evidence = match &self.evidence {
            Some(evidence) => evidence.clone(),
            None => token_at::evidence(log, id, AsOf::Position(self.position())).await?,
        };
        let at = self.event.metadata.occurred_at;
        Ok(Arc::new(TokenAt::judged(vault, id, &evidence, at).await?))
    }
}
