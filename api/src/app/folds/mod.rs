//! Folds: bounded caches of folded streams, kept current by the node's follower.
//!
//! They hold what every request asks about its caller: person, workspace, token, family, service
//! credential. An entry is used only while the node is fresh; otherwise each question reads the
//! stream itself. Nothing here is authority to write: the expected revision alone is.

mod cases;
mod kept;

use std::sync::Arc;

use domain::{
    Aggregate, agent_token::AgentToken, clerk_user::ClerkUser, id::TokenId, login::Login,
    oauth_client::OauthClient, oauth_grant::OauthGrant, service_credential::ServiceCredential,
    session_token::SessionToken, token_family::TokenFamily, user::User, workspace::Workspace,
};
use quick_cache::sync::Cache;
use store::{Committed, Loaded, Log, ReadError, Recorded};

pub(crate) use self::cases::Case;
use self::kept::Kept;
use super::{freshness::Freshness, standing::Evidence};
use crate::live::Live;

/// How many streams of a kind are remembered.
#[derive(Clone, Copy, Debug)]
pub struct FoldsConfig {
    pub users: usize,
    pub workspaces: usize,
    pub agent_tokens: usize,
    pub token_families: usize,
    pub logins: usize,
    pub session_tokens: usize,
    pub clerk_users: usize,
    pub service_credentials: usize,
    pub oauth_clients: usize,
    pub oauth_grants: usize,
}

impl Default for FoldsConfig {
    fn default() -> Self {
        Self {
            users: 50_000,
            workspaces: 50_000,
            agent_tokens: 100_000,
            token_families: 50_000,
            logins: 50_000,
            session_tokens: 50_000,
            clerk_users: 50_000,
            service_credentials: 10_000,
            oauth_clients: 10_000,
            oauth_grants: 50_000,
        }
    }
}

/// What the node remembers of streams; clones share it.
#[derive(Clone)]
pub struct Folds(Arc<Inner>);

struct Inner {
    log: Log,
    freshness: Freshness,
    users: Kept<User>,
    workspaces: Kept<Workspace>,
    agent_tokens: Kept<AgentToken>,
    cases: Cache<TokenId, Arc<Case>>,
    token_families: Kept<TokenFamily>,
    logins: Kept<Login>,
    session_tokens: Kept<SessionToken>,
    clerk_users: Kept<ClerkUser>,
    service_credentials: Kept<ServiceCredential>,
    oauth_clients: Kept<OauthClient>,
    oauth_grants: Kept<OauthGrant>,
}

/// An aggregate whose folds are remembered.
pub(crate) trait Remembered: Aggregate {
    fn kept(folds: &Folds) -> &Kept<Self>;
}

macro_rules! remembered {
    ($($aggregate:ty => $field:ident;)*) => {
        $(
            impl Remembered for $aggregate {
                fn kept(folds: &Folds) -> &Kept<Self> {
                    &folds.0.$field
                }
            }
        )*

        impl Folds {
            fn every(&self, visit: &mut dyn FnMut(&dyn kept::Follow)) {
                $(visit(&self.0.$field);)*
            }
        }
    };
}

remembered! {
    User => users;
    Workspace => workspaces;
    AgentToken => agent_tokens;
    TokenFamily => token_families;
    Login => logins;
    SessionToken => session_tokens;
    ClerkUser => clerk_users;
    ServiceCredential => service_credentials;
    OauthClient => oauth_clients;
    OauthGrant => oauth_grants;
}

impl Folds {
    pub fn new(log: Log, freshness: Freshness, config: FoldsConfig) -> Self {
        Self(Arc::new(Inner {
            log,
            freshness,
            users: Kept::new(config.users),
            workspaces: Kept::new(config.workspaces),
            agent_tokens: Kept::new(config.agent_tokens),
            cases: Cache::new(config.agent_tokens),
            token_families: Kept::new(config.token_families),
            logins: Kept::new(config.logins),
            session_tokens: Kept::new(config.session_tokens),
            clerk_users: Kept::new(config.clerk_users),
            service_credentials: Kept::new(config.service_credentials),
            oauth_clients: Kept::new(config.oauth_clients),
            oauth_grants: Kept::new(config.oauth_grants),
        }))
    }

    /// Returns what the stream of `id` folds to: from memory while fresh, else from the log.
    pub(crate) async fn get<A: Remembered>(&self, id: A::Id) -> Result<Arc<Loaded<A>>, ReadError> {
        if let Some(known) = self.at_hand::<A>(id) {
            return Ok(known);
        }
        self.read(id).await
    }

    /// The same, as new as the question, whichever node changed the stream last.
    ///
    /// For what a revocation must end once it is acknowledged, on every node.
    pub(crate) async fn latest<A: Remembered>(
        &self,
        id: A::Id,
        live: &Live,
    ) -> Result<Arc<Loaded<A>>, ReadError> {
        if A::kept(self).get(id).is_some()
            && live.catch_up().await
            && let Some(known) = self.at_hand::<A>(id)
        {
            return Ok(known);
        }
        self.read(id).await
    }

    async fn read<A: Remembered>(&self, id: A::Id) -> Result<Arc<Loaded<A>>, ReadError> {
        let kept = A::kept(self);
        let epoch = kept.epoch(id);
        let loaded = Arc::new(self.0.log.load::<A>(id).await?);
        // A stream that does not exist is not remembered: unknown ids must not push out known ones.
        if loaded.revision.is_some() {
            kept.put_back(id, epoch, &loaded);
        }
        Ok(loaded)
    }

    /// The same without I/O; `None` where the log would have to be asked.
    pub(crate) fn at_hand<A: Remembered>(&self, id: A::Id) -> Option<Arc<Loaded<A>>> {
        self.0.freshness.is_fresh().then(|| A::kept(self).get(id)).flatten()
    }

    /// Forgets a stream that this node has just changed, so that the next question reads it even
    /// before the follower has seen the change.
    pub(crate) fn forget<A: Remembered>(&self, id: A::Id) {
        A::kept(self).forget(id);
    }

    /// Remembers what this node's own write made of a stream, as far as the stream is remembered, so
    /// that not even the next question reads it.
    pub(crate) fn advance<A: Remembered>(&self, id: A::Id, committed: Committed<A>) {
        A::kept(self).advance(id, Arc::new(committed.loaded()));
    }

    /// Brings what is remembered of the event's stream up to the event.
    pub(crate) fn follow(&self, event: &Recorded) {
        self.every(&mut |kept| kept.follow(event));
    }

    /// Forgets the stream of an event that can not be read: reading it again will say so.
    pub(crate) fn forget_stream(&self, stream: &str) {
        self.every(&mut |kept| kept.forget_stream(stream));
    }

    /// Returns a token of which `event` is the newest, and what its standing rests on, if all that
    /// is remembered as it was at the event.
    ///
    /// To be asked by the follower, after it followed the event: an entry has seen every event
    /// before, and its own position tells whether it has seen a later one.
    pub(crate) fn evidence_at(&self, event: &Recorded) -> Option<Evidence> {
        let token = self.0.agent_tokens.get(event.id_of::<AgentToken>()?)?;
        let issued = token.state.issued().filter(|_| token.revision == Some(event.revision))?;
        let creator = self.0.users.get(issued.created_by)?;
        let workspace = self.0.workspaces.get(issued.workspace_id)?;
        let as_then =
            creator.position <= Some(event.position) && workspace.position <= Some(event.position);
        as_then.then_some(Evidence { token, creator, workspace })
    }
}
