//! Message: one event on its way to everyone on this node who wants it.
//!
//! What subscribers see of it is made once, when the first of them asks: the event with its sealed
//! fields open, and the token folded at exactly this event, never a later one.

use std::sync::{Arc, OnceLock};

use domain::{
    agent_token::{self, AgentToken},
    catalog,
    id::{SubjectId, TokenId},
};
use store::{AsOf, Log, Opened, Position, ReadError, Recorded, Vault, VaultError};
use tokio::sync::OnceCell;

use super::Revocation;
use crate::app::{
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
    opened: OnceCell<Arc<Opened>>,
    frame: OnceLock<Arc<str>>,
}

/// What an event changes, in the eyes of those who watch.
pub enum Change {
    AgentToken(TokenId, Box<agent_token::Event>),
    Other,
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
        let token = event.id_of::<AgentToken>().zip(event.decode::<agent_token::Event>().ok());
        let change =
            token.map_or(Change::Other, |(id, fact)| Change::AgentToken(id, Box::new(fact)));
        let (kind, schema) = (&*event.event_type, event.metadata.schema);
        let readable = catalog::can_read(event.category(), kind, schema, &event.data);
        let is_unreadable = readable == Some(false);
        let (token, opened, frame) = Default::default();
        Self { event, change, is_unreadable, evidence, token, opened, frame }
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
