//! The state of a workspace as one event, so that a fold need not begin at the beginning.
//!
//! Sealed fields stand under the member names they were sealed under.

use serde::{Deserialize, Serialize};

use super::{Member, Open, Policy};
use crate::{Sealed, Time, id::UserId, plan::Plan, role::Role, text::WorkspaceName};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    name: Sealed<WorkspaceName>,
    created_at: Time,
    plan: Plan,
    plan_since: Time,
    members: Vec<Membership>,
    policy: Policy,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Membership {
    user: UserId,
    role: Role,
    since: Time,
}

impl Summary {
    pub(super) fn of(open: &Open) -> Self {
        let membership = |(user, member): (&UserId, &Member)| {
            let (user, Member { role, since }) = (*user, *member);
            Membership { user, role, since }
        };
        Self {
            name: open.name.clone(),
            created_at: open.created_at,
            plan: open.plan,
            plan_since: open.plan_since,
            members: open.members.iter().map(membership).collect(),
            policy: open.policy.clone(),
        }
    }

    pub(super) fn restore(&self) -> Open {
        let member = |membership: &Membership| {
            let Membership { user, role, since } = *membership;
            (user, Member { role, since })
        };
        Open {
            name: self.name.clone(),
            created_at: self.created_at,
            plan: self.plan,
            plan_since: self.plan_since,
            members: self.members.iter().map(member).collect(),
            policy: self.policy.clone(),
        }
    }
}
