//! Verification: whether a token that someone presents is accepted, and as what.
//!
//! Order: the text's form and checksum, before any I/O; the token's stream, by
//! the id it carries, and its hash in constant time; revoked, expired; creator, plan, policy;
//! scope; network. The first failure is the answer. What is remembered is used only while fresh;
//! otherwise the streams are read, and when they can not be, there is no answer: never a yes.

use std::{net::IpAddr, sync::Arc};

use domain::{
    agent_token::{AgentToken, Issued},
    id::TokenId,
    opaque_token::{self, Kind, Presented},
    scope::AgentScope,
    user::User,
    workspace::Workspace,
};
use store::{Loaded, Position, ReadError};

use super::{
    App,
    standing::{self, Denial, Evidence, Suspension, Use},
};
use crate::error::Error;

/// What came of a verification; the names are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Valid,
    NotFound,
    Revoked,
    Expired,
    PlanInactive,
    Forbidden,
    InsufficientScope,
    NetworkNotAllowed,
    RateLimited,
}

impl Code {
    pub const ALL: [Self; 9] = [
        Self::Valid,
        Self::NotFound,
        Self::Revoked,
        Self::Expired,
        Self::PlanInactive,
        Self::Forbidden,
        Self::InsufficientScope,
        Self::NetworkNotAllowed,
        Self::RateLimited,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::NotFound => "NOT_FOUND",
            Self::Revoked => "REVOKED",
            Self::Expired => "EXPIRED",
            Self::PlanInactive => "PLAN_INACTIVE",
            Self::Forbidden => "FORBIDDEN",
            Self::InsufficientScope => "INSUFFICIENT_SCOPE",
            Self::NetworkNotAllowed => "NETWORK_NOT_ALLOWED",
            Self::RateLimited => "RATE_LIMITED",
        }
    }
}

impl From<Denial> for Code {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Unknown => Self::NotFound,
            Denial::Revoked => Self::Revoked,
            Denial::Expired => Self::Expired,
            Denial::Suspended(Suspension::PlanInactive) => Self::PlanInactive,
            Denial::Suspended(
                Suspension::OwnerDeactivated
                | Suspension::OwnerRemoved
                | Suspension::OwnerDemoted
                | Suspension::WorkspacePolicy,
            ) => Self::Forbidden,
            Denial::Scope => Self::InsufficientScope,
            Denial::Network => Self::NetworkNotAllowed,
        }
    }
}

/// A verdict on a presented token.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub code: Code,
    /// The token, where its hash matched: whoever presents it may know of it.
    token: Option<(TokenId, Arc<Loaded<AgentToken>>)>,
    /// The verdict takes into account everything in the log up to here.
    pub position: Position,
}

impl Verdict {
    pub fn is_valid(&self) -> bool {
        self.code == Code::Valid
    }

    /// The token, where what was presented was its secret.
    pub fn token(&self) -> Option<(TokenId, &Issued)> {
        let (id, loaded) = self.token.as_ref()?;
        Some((*id, loaded.state.issued()?))
    }
}

impl App {
    /// Judges the token `text` for use with `scope` from `ip`, and counts the use if it is good.
    pub async fn verify(
        &self,
        text: &str,
        scope: AgentScope,
        ip: Option<IpAddr>,
    ) -> Result<Verdict, Error> {
        let verdict = self.judge(text, Use { scope, ip }).await?;
        if let (true, Some((id, _))) = (verdict.is_valid(), &verdict.token) {
            self.usage.observe(*id, ip, self.clock.now());
        }
        Ok(verdict)
    }

    /// The same for a token that is in use already: nothing is counted.
    pub(crate) async fn judge(&self, text: &str, usage: Use) -> Result<Verdict, Error> {
        let Some(presented) = opaque_token::read(text).filter(|it| it.kind == Kind::Agent) else {
            return Ok(self.unknown());
        };
        let id = TokenId::from_uuid(presented.id);
        // Before the evidence: what the node learns while it is read may not be in it.
        let seen = self.live.position();
        if let Some(evidence) = self.evidence_at_hand(id) {
            return Ok(self.verdict(id, &presented, &evidence, usage, seen));
        }
        match self.evidence(id).await {
            Ok(Some(evidence)) => Ok(self.verdict(id, &presented, &evidence, usage, seen)),
            Ok(None) => Ok(self.unknown()),
            Err(ReadError::Unavailable(_)) => Err(Error::Stale),
            Err(error) => Err(error.into()),
        }
    }

    fn unknown(&self) -> Verdict {
        Verdict { code: Code::NotFound, token: None, position: self.live.position() }
    }

    fn verdict(
        &self,
        id: TokenId,
        presented: &Presented,
        on: &Evidence,
        usage: Use,
        seen: Position,
    ) -> Verdict {
        let Some(token) =
            on.token.state.issued().filter(|token| token.secret_sha256 == presented.hash)
        else {
            return self.unknown();
        };
        let (creator, workspace) = (&on.creator.state, &on.workspace.state);
        let outcome = standing::of(token, creator, workspace, self.clock.now())
            .and_then(|()| standing::for_use(token, workspace, usage));
        let position = seen.max(on.token.position.unwrap_or(Position::START));
        let code = outcome.map_or_else(Code::from, |()| Code::Valid);
        Verdict { code, token: Some((id, Arc::clone(&on.token))), position }
    }

    fn evidence_at_hand(&self, id: TokenId) -> Option<Evidence> {
        let token = self.folds.at_hand::<AgentToken>(id)?;
        let issued = token.state.issued()?;
        let creator = self.folds.at_hand::<User>(issued.created_by)?;
        let workspace = self.folds.at_hand::<Workspace>(issued.workspace_id)?;
        Some(Evidence { token, creator, workspace })
    }

    async fn evidence(&self, id: TokenId) -> Result<Option<Evidence>, ReadError> {
        let token = self.folds.get::<AgentToken>(id).await?;
        let Some(issued) = token.state.issued() else { return Ok(None) };
        let (creator, workspace) = tokio::try_join!(
            self.folds.get::<User>(issued.created_by),
            self.folds.get::<Workspace>(issued.workspace_id),
        )?;
        Ok(Some(Evidence { token, creator, workspace }))
    }
}
