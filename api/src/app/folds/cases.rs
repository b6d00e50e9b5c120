//! Cases: tokens with all that their standing rests on, each found in one look.
//!
//! A case is made of three folds and holds for as long as none of their epochs has moved; when one
//! has, it is made again of what is remembered then. So it is as current as the folds are, and a
//! verification of a known token costs one lookup and three numbers compared.

use std::sync::{Arc, OnceLock};

use domain::{
    agent_token::{AgentToken, Issued},
    id::TokenId,
    user::User,
    workspace::Workspace,
};
use store::ReadError;

use super::{Folds, Remembered, kept::Epoch};
use crate::app::standing::{Evidence, Suspension};

/// A token that was issued, and what is concluded from its evidence whatever the time and the use.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: TokenId,
    pub(crate) evidence: Evidence,
    pub(crate) suspension: Option<Suspension>,
    /// What is said of the token when it is accepted, written once by whoever answers first.
    said: OnceLock<Box<[u8]>>,
    epochs: Epochs,
}

/// The epochs of the three streams, noted before they were looked up.
#[derive(Clone, Copy, Debug)]
struct Epochs {
    token: Epoch,
    creator: Epoch,
    workspace: Epoch,
}

impl Case {
    pub(crate) fn token(&self) -> &Issued {
        self.evidence.token.state.issued().expect("a case is made of a token that was issued")
    }

    /// What is said of the token when it is accepted.
    pub(crate) fn said(&self, write: impl FnOnce(&Self) -> Box<[u8]>) -> &[u8] {
        self.said.get_or_init(|| write(self))
    }
}

impl Folds {
    /// Returns the case of a token without I/O; `None` where it has to be made first.
    pub(crate) fn case_at_hand(&self, id: TokenId) -> Option<Arc<Case>> {
        let known = || self.0.cases.get(&id).filter(|case| self.stand(case.epochs));
        self.0.freshness.is_fresh().then(known).flatten()
    }

    /// Returns the case of a token, of what is remembered while that is fresh, else of the log;
    /// `None` if it was never issued.
    pub(crate) async fn case(&self, id: TokenId) -> Result<Option<Arc<Case>>, ReadError> {
        let of_token = AgentToken::kept(self).epoch(id);
        let token = self.get::<AgentToken>(id).await?;
        let Some(issued) = token.state.issued() else { return Ok(None) };
        let (creator, workspace) = (issued.created_by, issued.workspace_id);
        let epochs = Epochs {
            token: of_token,
            creator: User::kept(self).epoch(creator),
            workspace: Workspace::kept(self).epoch(workspace),
        };
        let (creator, workspace) =
            tokio::try_join!(self.get::<User>(creator), self.get::<Workspace>(workspace))?;
        let evidence = Evidence { token, creator, workspace };
        let suspension = evidence.suspension();
        let case = Arc::new(Case { id, evidence, suspension, said: OnceLock::new(), epochs });
        self.0.cases.insert(id, Arc::clone(&case));
        Ok(Some(case))
    }

    fn stand(&self, epochs: Epochs) -> bool {
        AgentToken::kept(self).stands(epochs.token)
            && User::kept(self).stands(epochs.creator)
            && Workspace::kept(self).stands(epochs.workspace)
    }
}
