//! Limits: folded from the log, no workspace ever had more than its plan allowed.

use std::{collections::HashMap, str::FromStr};

use domain::{
    Aggregate, Time, event, id::UserId, plan::Plan, role::Role, user_handle::UserHandle,
    workspace::Workspace, workspace_quota::WorkspaceQuota,
};

use super::{Difference, Rule, history::Event};

/// The states that have limits.
#[derive(Debug, Default)]
pub(super) struct Limits {
    workspaces: HashMap<String, Workspace>,
    /// The highest plan each had: a lower one suspends tokens and takes none away.
    plans: HashMap<String, Plan>,
    quotas: HashMap<String, WorkspaceQuota>,
    handles: HashMap<String, UserHandle>,
    differences: Vec<Difference>,
}

impl Limits {
    pub(super) fn see(&mut self, event: &Event) {
        let at = event.metadata("occurred_at").as_str().and_then(|it| Time::from_str(it).ok());
        let Some(at) = at else { return };
        let (category, id) = event.noun();
        match category {
            Workspace::CATEGORY => {
                fold(&mut self.workspaces, id, event, at);
                if let Some(open) = self.workspaces.get(id).and_then(Workspace::open) {
                    let highest = self.plans.entry(id.to_owned()).or_insert(open.plan);
                    *highest = open.plan.max(*highest);
                }
            }
            WorkspaceQuota::CATEGORY => {
                fold(&mut self.quotas, id, event, at);
                self.counts(id, at);
            }
            UserHandle::CATEGORY => fold(&mut self.handles, id, event, at),
            _ => {}
        }
    }

    pub(super) fn differences(mut self) -> Vec<Difference> {
        for (id, workspace) in &self.workspaces {
            let owned = |it: &domain::workspace::Open| {
                it.members.values().any(|member| member.role == Role::Owner)
            };
            if workspace.open().is_some_and(|open| !owned(open)) {
                wrong(&mut self.differences, format!("workspace {id} has no owner"));
            }
        }
        let mut holders: HashMap<UserId, &String> = HashMap::new();
        for (id, handle) in &self.handles {
            if let Some(holder) = handle.holder()
                && let Some(other) = holders.insert(holder, id)
            {
                let what = format!("{holder:?} holds the names {id} and {other}");
                wrong(&mut self.differences, what);
            }
        }
        self.differences
    }

    fn counts(&mut self, id: &str, at: Time) {
        let Some(quota) = self.quotas.get(id) else { return };
        let most = self.plans.get(id).map_or(0, |plan| plan.limits().agent_tokens);
        let counted = quota.counted(at);
        if counted > usize::try_from(most).unwrap_or(usize::MAX) {
            let what = format!("workspace {id} had {counted} tokens at {at}, and {most} allowed");
            wrong(&mut self.differences, what);
        }
    }
}

fn wrong(differences: &mut Vec<Difference>, what: String) {
    differences.push(Difference { rule: Rule::WithinLimits, what });
}

fn fold<A: Aggregate>(states: &mut HashMap<String, A>, id: &str, event: &Event, at: Time) {
    // The chain reports what cannot be decoded; here it would only be said twice.
    let Some(decoded) = event.encoded().ok().and_then(|it| event::decode::<A::Event>(&it).ok())
    else {
        return;
    };
    let state = states.remove(id).unwrap_or_default();
    states.insert(id.to_owned(), state.evolve(&decoded, at));
}
