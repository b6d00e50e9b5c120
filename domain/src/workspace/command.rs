//! What one can ask of a workspace, and by what right.

use super::{Event, Open, PlanSource, Policy, Rejection};
use crate::{
    Sealed, Time,
    cidr::Cidrs,
    id::UserId,
    plan::Plan,
    role::{Permission, Role},
    text::WorkspaceName,
};

#[derive(Clone, Debug)]
pub enum Command {
    Create(Create),
    Rename(Rename),
    ChangePlan(ChangePlan),
    ChangePolicy(ChangePolicy),
    AddMember(AddMember),
    ChangeMemberRole(ChangeMemberRole),
    RemoveMember(RemoveMember),
    /// Makes an id unusable that nothing was created under. Refused where something was.
    Abandon,
}

/// By what right a workspace is changed.
///
/// A member's role is read from the folded state, never from what the caller carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    Member(UserId),
    /// Whoever runs the service: may do anything that leaves an owner.
    Operator,
    /// A service credential with `billing:manage`: may set the plan, and nothing else.
    Billing,
}

#[derive(Clone, Debug)]
pub struct Create {
    pub owner: UserId,
    pub name: Sealed<WorkspaceName>,
    pub plan: Plan,
}

#[derive(Clone, Debug)]
pub struct Rename {
    pub name: Sealed<WorkspaceName>,
    pub by: Authority,
}

#[derive(Clone, Debug)]
pub struct ChangePlan {
    pub to: Plan,
    pub by: Authority,
    pub at: Time,
}

/// `ChangeWorkspacePolicy`.
#[derive(Clone, Debug)]
pub struct ChangePolicy {
    pub change: PolicyChange,
    pub by: Authority,
}

/// What of a policy becomes another; the rest stays as it is.
#[derive(Clone, Debug, Default)]
pub struct PolicyChange {
    pub token_life: Option<TokenLife>,
    pub require_expiry: Option<bool>,
    pub allowed_cidrs: Option<Cidrs>,
    pub auditor_reads_tokens: Option<bool>,
}

/// The longest that a token may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLife {
    Unbounded,
    Seconds(u32),
}

impl PolicyChange {
    fn applied_to(&self, policy: &Policy) -> Policy {
        Policy {
            max_token_ttl_s: match self.token_life {
                None => policy.max_token_ttl_s,
                Some(TokenLife::Unbounded) => None,
                Some(TokenLife::Seconds(most)) => Some(most),
            },
            require_expiry: self.require_expiry.unwrap_or(policy.require_expiry),
            allowed_cidrs: self.allowed_cidrs.as_ref().unwrap_or(&policy.allowed_cidrs).clone(),
            auditor_reads_tokens: self.auditor_reads_tokens.unwrap_or(policy.auditor_reads_tokens),
        }
    }
}

#[derive(Clone, Debug)]
pub struct AddMember {
    pub user: UserId,
    pub role: Role,
    pub by: Authority,
}

#[derive(Clone, Debug)]
pub struct ChangeMemberRole {
    pub user: UserId,
    pub role: Role,
    pub by: Authority,
}

#[derive(Clone, Debug)]
pub struct RemoveMember {
    pub user: UserId,
    pub by: Authority,
}

impl Authority {
    /// Refuses whoever may not do this here.
    fn require(self, open: &Open, permission: Permission) -> Result<(), Rejection> {
        let permitted = match self {
            Self::Member(user) => open.permits(user, permission),
            Self::Operator => true,
            Self::Billing => permission == Permission::BillingPlan,
        };
        if permitted { Ok(()) } else { Err(Rejection::Forbidden) }
    }

    /// Refuses whoever may not give or take this role here.
    fn require_governing(self, open: &Open, role: Role) -> Result<(), Rejection> {
        self.require(open, Permission::MembersManage)?;
        let governs = match self {
            Self::Member(user) => open.role_of(user).is_some_and(|own| own.governs(role)),
            Self::Operator => true,
            Self::Billing => false,
        };
        if governs { Ok(()) } else { Err(Rejection::Forbidden) }
    }
}

impl Create {
    pub(super) fn decide(&self) -> Vec<Event> {
        vec![Event::Created { owner: self.owner, name: self.name.clone(), plan: self.plan }]
    }
}

impl Rename {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require(open, Permission::WorkspacePolicy)?;
        if self.name == open.name {
            return Ok(vec![]);
        }
        Ok(vec![Event::Renamed { name: self.name.clone() }])
    }
}

impl ChangePlan {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require(open, Permission::BillingPlan)?;
        let source = match self.by {
            Authority::Member(_) if self.to > open.plan => return Err(Rejection::PlanRaiseRefused),
            Authority::Member(_) => PlanSource::Owner,
            Authority::Operator => PlanSource::Operator,
            Authority::Billing => PlanSource::Billing,
        };
        if self.to == open.plan {
            return Ok(vec![]);
        }
        Ok(vec![Event::PlanChanged { from: open.plan, to: self.to, effective_at: self.at, source }])
    }
}

impl ChangePolicy {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require(open, Permission::WorkspacePolicy)?;
        let policy = self.change.applied_to(&open.policy);
        if policy == open.policy {
            return Ok(vec![]);
        }
        Ok(vec![Event::PolicyChanged(policy)])
    }
}

impl AddMember {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require_governing(open, self.role)?;
        if open.members.contains_key(&self.user) {
            return Err(Rejection::AlreadyMember);
        }
        Ok(vec![Event::MemberAdded { user: self.user, role: self.role }])
    }
}

impl ChangeMemberRole {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require(open, Permission::MembersManage)?;
        let from = open.role_of(self.user).ok_or(Rejection::UserNotFound)?;
        self.by.require_governing(open, from)?;
        self.by.require_governing(open, self.role)?;
        if from == self.role {
            return Ok(vec![]);
        }
        if open.is_last_owner(self.user) {
            return Err(Rejection::LastOwner);
        }
        Ok(vec![Event::MemberRoleChanged { user: self.user, from, to: self.role }])
    }
}

impl RemoveMember {
    pub(super) fn decide(&self, open: &Open) -> Result<Vec<Event>, Rejection> {
        self.by.require(open, Permission::MembersManage)?;
        let role = open.role_of(self.user).ok_or(Rejection::UserNotFound)?;
        self.by.require_governing(open, role)?;
        if open.is_last_owner(self.user) {
            return Err(Rejection::LastOwner);
        }
        Ok(vec![Event::MemberRemoved { user: self.user }])
    }
}
