//! Sagas: what several streams must say together once everything begun is finished.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
};

use domain::{
    Aggregate, Time,
    agent_token::AgentToken,
    connected_account::{ConnectedAccount, Status},
    event,
    id::{TokenId, UserId, WorkspaceId},
    user::User,
    workspace::Workspace,
    workspace_quota::WorkspaceQuota,
};

use super::history::Event;

/// What was begun, and what ended it.
#[derive(Debug, Default)]
pub(super) struct Sagas {
    quotas: HashMap<String, WorkspaceQuota>,
    tokens: HashMap<TokenId, AgentToken>,
    accounts: HashMap<String, ConnectedAccount>,
    registered: HashSet<UserId>,
    workspaces: HashSet<WorkspaceId>,
    /// When the last event of all was decided.
    newest: Option<Time>,
}

impl Sagas {
    pub(super) fn see(&mut self, event: &Event) {
        let at = event.metadata("occurred_at").as_str().and_then(|it| Time::from_str(it).ok());
        let Some(at) = at else { return };
        self.newest = self.newest.max(Some(at));
        let (category, id) = event.noun();
        match category {
            WorkspaceQuota::CATEGORY => fold(&mut self.quotas, id.to_owned(), event, at),
            AgentToken::CATEGORY => {
                if let Ok(id) = id.parse() {
                    fold(&mut self.tokens, id, event, at);
                }
            }
            ConnectedAccount::CATEGORY => fold(&mut self.accounts, id.to_owned(), event, at),
            User::CATEGORY if event.kind == "user.registered" => {
                self.registered.extend(id.parse::<UserId>());
            }
            Workspace::CATEGORY => self.workspaces.extend(id.parse::<WorkspaceId>()),
            _ => {}
        }
    }

    /// What was begun and is not finished.
    pub(super) fn unfinished(self) -> Vec<String> {
        let mut unfinished = Vec::new();
        for user in self.registered {
            if !self.workspaces.contains(&WorkspaceId::personal(user)) {
                unfinished.push(format!("{user} is registered and has no workspace"));
            }
        }
        for (id, account) in &self.accounts {
            let Some(account) = account.account() else { continue };
            if account.refreshing_until.is_some_and(|until| Some(until) < self.newest) {
                unfinished.push(format!("account {id} is being refreshed for too long"));
            }
            if matches!(account.status, Status::Disconnected { destroyed: false, .. }) {
                unfinished.push(format!("account {id} is disconnected and keeps its tokens"));
            }
        }
        for (workspace, quota) in self.quotas {
            for (token, slot) in quota.slots.iter() {
                let state = self.tokens.get(&token).and_then(AgentToken::issued);
                match (state, slot.passed) {
                    (None, _) => unfinished.push(format!(
                        "{workspace} keeps a slot for {token}, which never appeared"
                    )),
                    (Some(token_is), _) if token_is.revoked.is_some() => unfinished
                        .push(format!("{workspace} keeps a slot for {token}, which is revoked")),
                    (Some(token_is), Some(_)) if token_is.rotated.is_none() => {
                        unfinished.push(format!("{token} passed its slot on and is not replaced"));
                    }
                    (Some(_), _) => {}
                }
            }
        }
        unfinished
    }
}

fn fold<K: std::hash::Hash + Eq, A: Aggregate>(
    states: &mut HashMap<K, A>,
    id: K,
    event: &Event,
    at: Time,
) {
    // The chain reports what cannot be decoded; here it would only be said twice.
    let Some(decoded) = event.encoded().ok().and_then(|it| event::decode::<A::Event>(&it).ok())
    else {
        return;
    };
    let state = states.remove(&id).unwrap_or_default();
    states.insert(id, state.evolve(&decoded, at));
}
