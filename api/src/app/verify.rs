//! Verification: whether a token that someone presents is accepted, and as what.
//!
//! Order: the text's form and checksum, before any I/O; the token's stream, by
//! the id it carries, and its hash in constant time; revoked, expired; creator, plan, policy;
//! scope; network. The first failure is the answer. What is remembered is used only while fresh;
//! otherwise the streams are read, and when they can not be, there is no answer: never a yes.

use std::{net::IpAddr, sync::Arc};

use domain::{
    Time,
    agent_token::Issued,
    id::TokenId,
    opaque_token::{self, Kind, Presented},
    scope::AgentScope,
};
use store::{Position, ReadError};

use super::{
    App,
    folds::Case,
    standing::{self, Denial, Suspension, Use},
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
    case: Option<Arc<Case>>,
    /// The verdict takes into account everything in the log up to here.
    pub position: Position,
}

impl Verdict {
    pub fn is_valid(&self) -> bool {
        self.code == Code::Valid
    }

    /// The token, where what was presented was its secret.
    pub fn token(&self) -> Option<(TokenId, &Issued)> {
        self.case.as_deref().map(|case| (case.id, case.token()))
    }

    /// What is said of a token that is accepted, `write`n once for as long as it stays as it is.
    pub(crate) fn said(&self, write: impl FnOnce(TokenId, &Issued) -> Box<[u8]>) -> Option<&[u8]> {
        let case = self.case.as_deref().filter(|_| self.is_valid())?;
        Some(case.said(|case| write(case.id, case.token())))
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
        let now = self.clock.now();
        let verdict = self.judge_at(text, Use { scope, ip }, now).await?;
        if let (true, Some(case)) = (verdict.is_valid(), &verdict.case) {
            self.usage.observe(case.id, ip, now);
        }
        Ok(verdict)
    }

    /// The same for a token that is in use already: nothing is counted.
    pub(crate) async fn judge(&self, text: &str, usage: Use) -> Result<Verdict, Error> {
        self.judge_at(text, usage, self.clock.now()).await
    }

    async fn judge_at(&self, text: &str, usage: Use, now: Time) -> Result<Verdict, Error> {
        let Some(presented) = opaque_token::read(text).filter(|it| it.kind == Kind::Agent) else {
            return Ok(self.unknown());
        };
        let id = TokenId::from_uuid(presented.id);
        // Before the evidence: what the node learns while it is read may not be in it.
        let seen = self.live.position();
        if let Some(case) = self.folds.case_at_hand(id) {
            return Ok(self.verdict(&presented, case, usage, (seen, now)));
        }
        match self.folds.case(id).await {
            Ok(Some(case)) => {
                // Reading may have taken a while, and the token's last moment with it.
                let now = now.max(self.clock.now());
                Ok(self.verdict(&presented, case, usage, (seen, now)))
            }
            Ok(None) => Ok(self.unknown()),
            Err(ReadError::Unavailable(_)) => Err(Error::Stale),
            Err(error) => Err(error.into()),
        }
    }

    /// The same for a token whose secret was presented before: its id says which one it is.
    pub(crate) async fn judge_id(&self, id: TokenId, usage: Use) -> Result<Verdict, Error> {
        let (seen, now) = (self.live.position(), self.clock.now());
        let case = match self.folds.case_at_hand(id) {
            Some(case) => Some(case),
            None => self.folds.case(id).await.map_err(super::bearer::vouched)?,
        };
        let Some(case) = case else { return Ok(self.unknown()) };
        let hash = case.token().secret_sha256;
        let presented = Presented { kind: Kind::Agent, id: id.as_uuid(), hash };
        Ok(self.verdict(&presented, case, usage, (seen, now.max(self.clock.now()))))
    }

    fn unknown(&self) -> Verdict {
        Verdict { code: Code::NotFound, case: None, position: self.live.position() }
    }

    fn verdict(
        &self,
        presented: &Presented,
        case: Arc<Case>,
        usage: Use,
        (seen, now): (Position, Time),
    ) -> Verdict {
        let token = case.token();
        if token.secret_sha256 != presented.hash {
            return self.unknown();
        }
        let workspace = &case.evidence.workspace.state;
        let outcome = standing::concluded(token, case.suspension, now)
            .and_then(|()| standing::for_use(token, workspace, usage));
        let position = seen.max(case.evidence.token.position.unwrap_or(Position::START));
        let code = outcome.map_or_else(Code::from, |()| Code::Valid);
        Verdict { code, case: Some(case), position }
    }
}
