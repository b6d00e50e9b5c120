//! Token at a moment: a token as it stood, with what suspended it then; for people to read.

use std::sync::Arc;

use domain::{
    Time,
    agent_token::{AgentToken, Issued, Status},
    id::{TokenId, WorkspaceId},
    user::User,
    workspace::Workspace,
};
use store::{AsOf, Log, Position, ReadError, Vault, VaultError};

use super::{
    App, Changed, opened,
    standing::{Evidence, Suspension},
};
use crate::error::Error;

/// A token as it stood at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenAt {
    pub id: TokenId,
    /// Of its stream; `None` before its first event.
    pub revision: Option<u64>,
    /// Sealed fields are open. `None` before it was created, and for an id that was given up.
    pub token: Option<Issued>,
    pub suspension: Option<Suspension>,
    /// The moment at which expiry is judged.
    pub at: Time,
}

impl TokenAt {
    pub async fn judged(
        vault: &Vault,
        id: TokenId,
        evidence: &Evidence,
        at: Time,
    ) -> Result<Self, VaultError> {
        let token = match evidence.token.state.issued() {
            Some(token) => Some(opened::token(vault, id, token).await?),
            None => None,
        };
        let (revision, suspension) = (evidence.token.revision, evidence.suspension());
        Ok(Self { id, revision, token, suspension, at })
    }

    /// The token's own status; suspension is apart.
    pub fn status(&self) -> Option<Status> {
        self.token.as_ref().map(|token| token.status(self.at))
    }
}

/// Folds a token and what its standing rests on, as they stood.
pub async fn evidence(log: &Log, id: TokenId, as_of: AsOf) -> Result<Evidence, ReadError> {
    let token = log.state_at::<AgentToken>(id, as_of).await?;
    // Of a token that is not there nothing depends on the others.
    let (creator, workspace) = match token.state.issued() {
        Some(issued) => tokio::try_join!(
            log.state_at::<User>(issued.created_by, as_of),
            log.state_at::<Workspace>(issued.workspace_id, as_of),
        )?,
        None => (absent(), absent()),
    };
    Ok(Evidence {
        token: Arc::new(token),
        creator: Arc::new(creator),
        workspace: Arc::new(workspace),
    })
}

fn absent<A: Default>() -> store::Loaded<A> {
    store::Loaded { state: A::default(), revision: None, position: None, last_at: None }
}

impl App {
    /// Returns the token as it stood; `None` if it did not exist then, or belongs elsewhere.
    pub async fn token_as_of(
        &self,
        workspace: WorkspaceId,
        id: TokenId,
        as_of: AsOf,
    ) -> Result<Option<TokenAt>, Error> {
        let evidence = evidence(&self.log, id, as_of).await?;
        let owner = evidence.token.state.issued().map(|token| token.workspace_id);
        if owner != Some(workspace) {
            return Ok(None);
        }
        let at = match as_of {
            AsOf::Time(time) => time,
            AsOf::Position(position) => self.time_at(position).await?,
        };
        Ok(Some(TokenAt::judged(&self.vault, id, &evidence, at).await?))
    }

    /// Returns a token as a command left it.
    pub async fn token_changed(&self, changed: Changed<AgentToken>) -> Result<TokenAt, Error> {
        let Changed { id, state, revision, position } = changed;
        let issued = state.issued().ok_or(Error::NotFound)?;
        let (creator, workspace) = tokio::try_join!(
            self.folds.get::<User>(issued.created_by),
            self.folds.get::<Workspace>(issued.workspace_id),
        )?;
        let token = Arc::new(store::Loaded { state, revision, position, last_at: None });
        let evidence = Evidence { token, creator, workspace };
        Ok(TokenAt::judged(&self.vault, id, &evidence, self.clock.now()).await?)
    }

    /// When the newest event up to `position` happened.
    pub async fn time_at(&self, position: Position) -> Result<Time, Error> {
        let after = Position::from_u64(position.as_u64().saturating_add(1));
        let newest = self.log.read_all(Some(after), true, 1).await?.pop();
        Ok(newest.map_or_else(|| self.clock.now(), |event| event.metadata.occurred_at))
    }
}
