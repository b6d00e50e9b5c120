//! Standing: whether a token is accepted now, given what its creator and its workspace are now.
//!
//! Suspension is derived here and stored nowhere: a token that plan, creator or policy do not
//! allow refuses, and works again the moment they do.

use std::{net::IpAddr, sync::Arc};

use domain::{
    Time,
    agent_token::{AgentToken, Issued, Status},
    plan::Plan,
    role::Permission,
    scope::AgentScope,
    user::{Person, User},
    workspace::{Policy, Workspace},
};
use store::Loaded;

/// What others think of a token just now; nothing the token did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suspension {
    OwnerDeactivated,
    OwnerRemoved,
    OwnerDemoted,
    PlanInactive,
    WorkspacePolicy,
}

/// Why a token is refused, in the order in which the reasons are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denial {
    Unknown,
    Revoked,
    Expired,
    Suspended(Suspension),
    Scope,
    Network,
}

/// The three streams that the standing of a token rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub token: Arc<Loaded<AgentToken>>,
    pub creator: Arc<Loaded<User>>,
    pub workspace: Arc<Loaded<Workspace>>,
}

impl Evidence {
    /// Returns what suspends the token, if it is there and anything does.
    pub fn suspension(&self) -> Option<Suspension> {
        let token = self.token.state.issued()?;
        suspension(token, &self.creator.state, &self.workspace.state)
    }
}

/// What a token is asked to be good for.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub scope: AgentScope,
    /// Where it is used from, where that is known.
    pub ip: Option<IpAddr>,
}

/// Returns why `token` is refused at `at` whatever it is used for, if it is.
pub fn of(token: &Issued, creator: &User, workspace: &Workspace, at: Time) -> Result<(), Denial> {
    concluded(token, suspension(token, creator, workspace), at)
}

/// The same where it is known what suspends the token, which no time changes.
pub fn concluded(token: &Issued, suspension: Option<Suspension>, at: Time) -> Result<(), Denial> {
    match token.status(at) {
        Status::Revoked => Err(Denial::Revoked),
        Status::Expired => Err(Denial::Expired),
        Status::Active => suspension.map_or(Ok(()), |why| Err(Denial::Suspended(why))),
    }
}

/// Returns why `token` is refused for this use, though it is in good standing.
pub fn for_use(token: &Issued, workspace: &Workspace, usage: Use) -> Result<(), Denial> {
    if !token.scopes.contains(usage.scope) {
        return Err(Denial::Scope);
    }
    let policy = workspace.open().map(|open| &open.policy.allowed_cidrs);
    let lists = [Some(&token.allowed_cidrs), policy];
    let inside = lists.into_iter().flatten().all(|networks| match usage.ip {
        Some(ip) => networks.allows(ip),
        None => networks.is_empty(),
    });
    if inside { Ok(()) } else { Err(Denial::Network) }
}

/// Returns what suspends `token`, if anything does: creator, then plan, then policy.
pub fn suspension(token: &Issued, creator: &User, workspace: &Workspace) -> Option<Suspension> {
    let Some(open) = workspace.open() else { return Some(Suspension::OwnerRemoved) };
    let is_active = creator.person().is_some_and(Person::is_active);
    if !is_active {
        Some(Suspension::OwnerDeactivated)
    } else if open.role_of(token.created_by).is_none() {
        Some(Suspension::OwnerRemoved)
    } else if !open.permits(token.created_by, Permission::TokensManage) {
        Some(Suspension::OwnerDemoted)
    } else if open.plan < Plan::LOWEST_WITH_TOKENS {
        Some(Suspension::PlanInactive)
    } else {
        breaks(&open.policy, token).then_some(Suspension::WorkspacePolicy)
    }
}

/// Tells whether `token` lives longer than the policy lets tokens live.
fn breaks(policy: &Policy, token: &Issued) -> bool {
    let life = token.expires_at.map(|expiry| expiry - token.created_at);
    match (life, policy.max_token_ttl()) {
        (Some(life), Some(most)) => life > most,
        (None, Some(_)) => true,
        (None, None) => policy.require_expiry,
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests;
