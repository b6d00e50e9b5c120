//! What is known of a workspace.

use std::collections::BTreeMap;

use super::{Event, Policy};
use crate::{
    Sealed, Time,
    id::UserId,
    plan::Plan,
    role::{Permission, Role},
    text::WorkspaceName,
};

/// One workspace, from before it exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Workspace {
    #[default]
    Absent,
    /// Given up before it was created.
    Abandoned,
    Open(Box<Open>),
}

impl Workspace {
    /// The workspace, where there is one.
    pub fn open(&self) -> Option<&Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Absent | Self::Abandoned => None,
        }
    }

    /// The role of a member; `None` for anybody else.
    pub fn role_of(&self, user: UserId) -> Option<Role> {
        self.open()?.role_of(user)
    }
}

/// A workspace that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    pub name: Sealed<WorkspaceName>,
    pub created_at: Time,
    pub plan: Plan,
    pub plan_since: Time,
    pub members: BTreeMap<UserId, Member>,
    pub policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub role: Role,
    /// When they came; a change of role leaves it.
    pub since: Time,
}

impl Open {
    pub fn role_of(&self, user: UserId) -> Option<Role> {
        self.members.get(&user).map(|member| member.role)
    }

    /// Tells whether `user` may do something here, by role and policy.
    pub fn permits(&self, user: UserId, permission: Permission) -> bool {
        self.role_of(user)
            .is_some_and(|role| role.permits(permission, self.policy.auditor_reads_tokens))
    }

    /// Tells whether `user` is an owner, and nobody else is.
    pub fn is_last_owner(&self, user: UserId) -> bool {
        let mut owners = self.members.iter().filter(|(_, member)| member.role == Role::Owner);
        owners.next().is_some_and(|(owner, _)| *owner == user) && owners.next().is_none()
    }

    pub(super) fn new(owner: UserId, name: Sealed<WorkspaceName>, plan: Plan, at: Time) -> Self {
        let first = Member { role: Role::Owner, since: at };
        Self {
            name,
            created_at: at,
            plan,
            plan_since: at,
            members: BTreeMap::from([(owner, first)]),
            policy: Policy::default(),
        }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Renamed { name } => self.name = name.clone(),
            Event::PlanChanged { to, effective_at, .. } => {
                (self.plan, self.plan_since) = (*to, *effective_at);
            }
            Event::PolicyChanged(policy) => self.policy = policy.clone(),
            Event::MemberAdded { user, role } => {
                self.members.insert(*user, Member { role: *role, since: at });
            }
            Event::MemberRoleChanged { user, to, .. } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.role = *to;
                }
            }
            Event::MemberRemoved { user } => {
                self.members.remove(user);
            }
            Event::Created { .. } | Event::Abandoned {} | Event::Summarised(_) => {}
        }
    }
}
