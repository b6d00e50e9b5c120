use chrono::TimeDelta;
use domain::{
    Aggregate, Sealed,
    agent_token::{self, Created, Origin},
    cidr::Cidrs,
    id::{SubjectId, TokenId, UserId, WorkspaceId},
    role::Role,
    scope::Scopes,
    secret::SecretHash,
    user,
    workspace::{self, PlanSource},
};
use uuid::Uuid;

use super::*;

fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn ada() -> UserId {
    UserId::from_uuid(Uuid::from_u128(1))
}

/// A token, its creator and its workspace, each as a history.
struct Case {
    token: Vec<agent_token::Event>,
    creator: Vec<user::Event>,
    workspace: Vec<workspace::Event>,
}

fn case() -> Case {
    let token = Created {
        name: Sealed::Blank,
        secret_sha256: SecretHash::of("nxa_"),
        hint: "nxa_...1234".into(),
        workspace_id: WorkspaceId::from_uuid(Uuid::from_u128(2)),
        created_by: ada(),
        acts_as: ada(),
        scopes: Scopes::default(),
        allowed_cidrs: Cidrs::default(),
        expires_at: Some(noon() + TimeDelta::days(10)),
        origin: Origin::Dashboard,
    };
    let registered = user::Event::Registered {
        number: 1,
        handle: Sealed::Blank,
        origin: user::Origin::Register,
        subject_key_id: SubjectId::from(ada()),
    };
    let created = workspace::Event::Created { owner: ada(), name: Sealed::Blank, plan: Plan::Pro };
    Case {
        token: vec![agent_token::Event::Created(Box::new(token))],
        creator: vec![registered],
        workspace: vec![created],
    }
}

impl Case {
    fn and_token(mut self, event: agent_token::Event) -> Self {
        self.token.push(event);
        self
    }

    fn and_creator(mut self, event: user::Event) -> Self {
        self.creator.push(event);
        self
    }

    fn and_workspace(mut self, event: workspace::Event) -> Self {
        self.workspace.push(event);
        self
    }

    fn states(&self) -> (Issued, User, Workspace) {
        let token = AgentToken::fold(self.token.iter().map(|event| (event, noon())));
        let creator = User::fold(self.creator.iter().map(|event| (event, noon())));
        let workspace = Workspace::fold(self.workspace.iter().map(|event| (event, noon())));
        (token.issued().unwrap().clone(), creator, workspace)
    }

    fn at(&self, at: Time) -> Result<(), Denial> {
        let (token, creator, workspace) = self.states();
        of(&token, &creator, &workspace, at)
    }

    fn suspended(&self) -> Option<Suspension> {
        match self.at(noon()) {
            Err(Denial::Suspended(why)) => Some(why),
            Ok(()) => None,
            Err(denial) => panic!("{denial:?}"),
        }
    }

    fn used(&self, scope: AgentScope, ip: Option<&str>) -> Result<(), Denial> {
        let (token, _, workspace) = self.states();
        for_use(&token, &workspace, Use { scope, ip: ip.map(|ip| ip.parse().unwrap()) })
    }
}

fn revoked() -> agent_token::Event {
    agent_token::Event::Revoked {
        reason: agent_token::RevocationReason::User,
        note: None,
        revoked_by: domain::actor::Actor::user(ada()),
    }
}

fn plan(to: Plan) -> workspace::Event {
    let source = PlanSource::Operator;
    workspace::Event::PlanChanged { from: Plan::Pro, to, effective_at: noon(), source }
}

fn networks(networks: &[&str]) -> Policy {
    let allowed_cidrs = Cidrs::parse(networks.iter().copied()).unwrap();
    Policy { allowed_cidrs, ..Policy::default() }
}

#[test]
fn a_token_of_an_owner_on_a_plan_with_tokens_is_good() {
    assert_eq!(case().at(noon()), Ok(()));
}

#[test]
fn a_token_ends_at_its_expiry_to_the_millisecond() {
    let end = noon() + TimeDelta::days(10);
    assert_eq!(case().at(end - TimeDelta::milliseconds(1)), Ok(()));
    assert_eq!(case().at(end), Err(Denial::Expired));
}

#[test]
fn a_rotated_token_works_until_its_overlap_ends() {
    let overlap_ends_at = noon() + TimeDelta::minutes(5);
    let replaced_by = TokenId::from_uuid(Uuid::from_u128(9));
    let case = case().and_token(agent_token::Event::Rotated { replaced_by, overlap_ends_at });
    assert_eq!(case.at(noon()), Ok(()));
    assert_eq!(case.at(overlap_ends_at), Err(Denial::Revoked));
}

#[test]
fn revoked_is_said_before_expired_and_expired_before_suspended() {
    let late = noon() + TimeDelta::days(11);
    let suspended = case().and_workspace(plan(Plan::Free));
    assert_eq!(suspended.at(late), Err(Denial::Expired));
    assert_eq!(suspended.and_token(revoked()).at(late), Err(Denial::Revoked));
}

#[test]
fn a_token_is_suspended_with_its_plan_and_works_again_with_it() {
    let lowered = case().and_workspace(plan(Plan::Free));
    assert_eq!(lowered.suspended(), Some(Suspension::PlanInactive));
    assert_eq!(lowered.and_workspace(plan(Plan::Pro)).suspended(), None);
}

#[test]
fn a_token_is_suspended_while_its_creator_may_not_have_it() {
    let cause = user::Cause::Operator;
    let deactivated = case().and_creator(user::Event::Deactivated { cause });
    assert_eq!(deactivated.suspended(), Some(Suspension::OwnerDeactivated));
    let back = deactivated.and_creator(user::Event::Reactivated { cause });
    assert_eq!(back.suspended(), None);

    let (user, from, to) = (ada(), Role::Owner, Role::Member);
    let demoted = case().and_workspace(workspace::Event::MemberRoleChanged { user, from, to });
    assert_eq!(demoted.suspended(), Some(Suspension::OwnerDemoted));
    let removed = demoted.and_workspace(workspace::Event::MemberRemoved { user });
    assert_eq!(removed.suspended(), Some(Suspension::OwnerRemoved));
}

#[test]
fn the_creator_is_looked_at_before_the_plan_and_the_plan_before_the_policy() {
    let policy = Policy { max_token_ttl_s: Some(60), ..Policy::default() };
    let policy = case().and_workspace(workspace::Event::PolicyChanged(policy));
    assert_eq!(policy.suspended(), Some(Suspension::WorkspacePolicy));
    let and_plan = policy.and_workspace(plan(Plan::Free));
    assert_eq!(and_plan.suspended(), Some(Suspension::PlanInactive));
    let cause = user::Cause::Operator;
    let and_creator = and_plan.and_creator(user::Event::Deactivated { cause });
    assert_eq!(and_creator.suspended(), Some(Suspension::OwnerDeactivated));
}

#[test]
fn a_policy_suspends_tokens_that_live_longer_than_it_lets_them() {
    let ten_days = 10 * 24 * 3600;
    for (max_token_ttl_s, suspended) in [(ten_days, false), (ten_days - 1, true)] {
        let policy = Policy { max_token_ttl_s: Some(max_token_ttl_s), ..Policy::default() };
        let case = case().and_workspace(workspace::Event::PolicyChanged(policy));
        assert_eq!(case.suspended().is_some(), suspended, "{max_token_ttl_s}");
    }
}

#[test]
fn a_use_needs_its_scope_and_then_its_network() {
    let bound = case().and_workspace(workspace::Event::PolicyChanged(networks(&["10.0.0.0/8"])));
    assert_eq!(bound.used(AgentScope::Graphql, Some("10.0.0.1")), Err(Denial::Scope));
    assert_eq!(bound.used(AgentScope::WsConnect, Some("10.0.0.1")), Ok(()));
    assert_eq!(bound.used(AgentScope::WsConnect, Some("192.0.2.1")), Err(Denial::Network));
}

#[test]
fn where_a_network_is_asked_for_nobody_comes_from_nowhere() {
    let bound = case().and_workspace(workspace::Event::PolicyChanged(networks(&["10.0.0.0/8"])));
    assert_eq!(bound.used(AgentScope::WsConnect, None), Err(Denial::Network));
    assert_eq!(case().used(AgentScope::WsConnect, None), Ok(()));
}
