//! Explanation: why a token is accepted or refused, now or at a moment, and by which event.

use domain::{
    Time,
    agent_token::{self, AgentToken},
    id::{TokenId, UserId},
    role::Permission,
    user::{self, User},
    workspace::{self, Workspace},
};
use store::{AsOf, Position, Recorded};

use super::{
    App, Request,
    request::stream_of,
    standing::{self, Denial, Evidence, Suspension},
    token_at,
    verify::Code,
};
use crate::error::Error;

/// Events read at a time when looking for the one that decided.
const PAGE: usize = 500;

/// A judgement of a token, whatever it would be used for.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub code: Code,
    /// The event but for which the code would be another; `None` where it belongs to no workspace
    /// and so is not the caller's to see.
    pub decided_by: Option<Recorded>,
    /// The newest event that was taken into account.
    pub evaluated_at: Position,
}

impl App {
    /// Explains how a token stands, or stood at a time.
    pub async fn explain_token(
        &self,
        request: &Request,
        id: TokenId,
        at: Option<Time>,
    ) -> Result<Explanation, Error> {
        let (access, _) = self.token(request, id, Permission::TokensRead).await?;
        let now = self.clock.now();
        if at.is_some_and(|at| at > now) {
            return Err(Error::invalid("what will be is not known yet"));
        }
        let at = at.unwrap_or(now);
        let evidence = token_at::evidence(&self.log, id, AsOf::Time(at)).await?;
        let outcome = match evidence.token.state.issued() {
            Some(token) => {
                standing::of(token, &evidence.creator.state, &evidence.workspace.state, at)
            }
            None => Err(Denial::Unknown),
        };
        let decided_by = self.decisive(id, &evidence, outcome.err(), at).await?;
        let visible = |event: &Recorded| event.metadata.workspace_id == Some(access.workspace);
        Ok(Explanation {
            code: outcome.map_or_else(Code::from, |()| Code::Valid),
            decided_by: decided_by.filter(visible),
            evaluated_at: newest(&evidence).unwrap_or_else(|| self.live.position()),
        })
    }

    /// Finds the event that brought the standing about.
    async fn decisive(
        &self,
        id: TokenId,
        evidence: &Evidence,
        denial: Option<Denial>,
        at: Time,
    ) -> Result<Option<Recorded>, Error> {
        let Some(token) = evidence.token.state.issued() else { return Ok(None) };
        let (creator, own) = (token.created_by, stream_of::<AgentToken>(id));
        let tenant = stream_of::<Workspace>(token.workspace_id);
        match denial {
            Some(Denial::Revoked) => self.last_of(&own, at, ends).await,
            Some(Denial::Suspended(Suspension::OwnerDeactivated)) => {
                self.last_of(&stream_of::<User>(creator), at, deactivates).await
            }
            Some(Denial::Suspended(Suspension::OwnerRemoved | Suspension::OwnerDemoted)) => {
                self.last_of(&tenant, at, |event| concerns(event, creator)).await
            }
            Some(Denial::Suspended(Suspension::PlanInactive)) => {
                self.last_of(&tenant, at, sets_plan).await
            }
            Some(Denial::Suspended(Suspension::WorkspacePolicy)) => {
                self.last_of(&tenant, at, sets_policy).await
            }
            None | Some(Denial::Unknown | Denial::Expired | Denial::Scope | Denial::Network) => {
                self.last_of(&own, at, creates).await
            }
        }
    }

    /// Returns the newest event of `stream` up to `at` that is wanted.
    async fn last_of(
        &self,
        stream: &str,
        at: Time,
        is_wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Option<Recorded>, Error> {
        let (mut found, mut from) = (None, 0);
        loop {
            let page = self.log.read_stream(stream, from, PAGE).await?;
            let full = page.len() == PAGE;
            from = page.last().map_or(from, |event| event.revision + 1);
            let past = page.into_iter().filter(|event| event.metadata.occurred_at <= at);
            found = past.filter(&is_wanted).last().or(found);
            if !full {
                return Ok(found);
            }
        }
    }
}

fn newest(evidence: &Evidence) -> Option<Position> {
    let Evidence { token, creator, workspace } = evidence;
    token.position.max(creator.position).max(workspace.position)
}

fn creates(event: &Recorded) -> bool {
    matches!(event.decode(), Ok(agent_token::Event::Created(_)))
}

fn ends(event: &Recorded) -> bool {
    use agent_token::Event::{Revoked, Rotated};
    matches!(event.decode(), Ok(Revoked { .. } | Rotated { .. }))
}

fn deactivates(event: &Recorded) -> bool {
    matches!(event.decode(), Ok(user::Event::Deactivated { .. }))
}

fn concerns(event: &Recorded, member: UserId) -> bool {
    use workspace::Event::{MemberRemoved, MemberRoleChanged};
    matches!(
        event.decode(),
        Ok(MemberRemoved { user } | MemberRoleChanged { user, .. }) if user == member
    )
}

fn sets_plan(event: &Recorded) -> bool {
    use workspace::Event::{Created, PlanChanged};
    matches!(event.decode(), Ok(Created { .. } | PlanChanged { .. }))
}

fn sets_policy(event: &Recorded) -> bool {
    matches!(event.decode(), Ok(workspace::Event::PolicyChanged(_)))
}
