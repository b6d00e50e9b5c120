//! What the service can do, whichever way it was asked.
//!
//! Law: nothing here names HTTP or GraphQL; here it is acted, `domain` decides. No decision is
//! taken on a read model: what a command must know, it folds from the log.
//!
//! Read in this order: [`request`], [`caller`], [`access`], then one noun, e.g. [`agent_tokens`].

pub mod access;
pub mod bearer;
pub mod caller;
pub mod request;

pub mod explain;
pub mod folds;
pub mod freshness;
pub mod opened;
pub mod standing;
pub mod token_at;
pub mod verify;

pub mod access_tokens;
pub mod accounts;
pub mod agent_tokens;
pub mod families;
pub mod leaks;
pub mod logins;
pub mod pairing;
pub mod service_credentials;
pub mod session_tokens;
pub mod sessions;
pub mod sign_in;
pub mod tickets;
pub mod users;
pub mod workspaces;

pub mod audit;
pub mod audit_access;
pub mod identity;
pub mod jwt;
pub mod named;
pub mod numbers;
pub mod oauth;
pub mod outbound;
pub mod passwords;
pub mod platforms;
pub mod rebuilds;
pub mod signing_keys;
pub mod throttle;
pub mod usage;

use std::{ops::Deref, sync::Arc, time::Duration};

use domain::{
    Aggregate,
    plan::{Plan, PlanLimits},
};
use futures::future::join_all;
use projections::{Database, Progress, ProjectionState, ProjectionStatus};
use store::{Committed, Loaded, Log, Position, Vault};

pub use self::{
    access::Access,
    caller::{Caller, Via, Who},
    folds::Folds,
    freshness::Freshness,
    request::{ClientInfo, Request},
};
use self::{
    identity::Identity, numbers::Numbers, outbound::Outbound, passwords::Passwords,
    platforms::Platforms, signing_keys::SigningKeys, throttle::Throttle, usage::Usage,
};
use crate::{clock::Clock, config::Settings, error::Error, live::Live};

/// The service; clones share it.
#[derive(Clone)]
pub struct App(Arc<Resources>);

/// What the service is made of.
pub struct Resources {
    pub log: Log,
    pub vault: Vault,
    pub db: Database,
    /// How far the read models are.
    pub projections: Progress,
    pub clock: Clock,
    pub settings: Settings,
    pub folds: Folds,
    pub freshness: Freshness,
    pub live: Live,
    pub keys: SigningKeys,
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub numbers: Numbers,
    pub usage: Usage,
    /// How others are asked.
    pub outbound: Outbound,
    /// Where accounts can be connected to.
    pub platforms: Platforms,
    /// Guesses at pairing codes that this node has not put on record yet.
    pub guesses: pairing::Guesses,
    pub exchanges: pairing::Turns,
    /// The pairing codes that a guess could hit.
    pub live_codes: pairing::LiveCodes,
    /// Where people sign in who do not here.
    pub identity: Identity,
}

impl App {
    pub fn new(resources: Resources) -> Self {
        Self(Arc::new(resources))
    }

    /// Runs a command in a task of its own.
    ///
    /// A caller who hangs up drops the future that waits, never the one that works: half a
    /// command must not be the answer to half a request. A panic in it is an
    /// [`Error::Internal`].
    pub async fn uncancelled<T, F>(&self, command: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        match tokio::spawn(command).await {
            Ok(outcome) => outcome,
            Err(panicked) => Err(Error::Internal(panicked.into())),
        }
    }

    /// Waits until every read model that goes on holds everything up to `position`; tells whether
    /// they did within `patience`.
    pub async fn settled(&self, position: Position, patience: Duration) -> bool {
        let live = |status: &ProjectionStatus| status.state == ProjectionState::Live;
        let names = self.projections.statuses().into_iter().filter(live).map(|status| status.name);
        let waits = names.map(|name| self.projections.wait_for(name, position, patience));
        join_all(waits).await.into_iter().all(|arrived| arrived)
    }

    /// Where a WebSocket at `path` is opened, as the outside calls this service.
    pub fn websocket_url(&self, path: &str) -> String {
        let base = self.settings.public_url.as_ref().map_or("", |url| url.as_str());
        let base = base.trim_end_matches('/');
        // `http` becomes `ws`, and `https` `wss`.
        base.replacen("http", "ws", 1) + path
    }

    /// What `plan` allows on this installation.
    pub fn plan_limits(&self, plan: Plan) -> PlanLimits {
        self.settings.plans[usize::from(plan.rank())]
    }
}

impl Deref for App {
    type Target = Resources;

    fn deref(&self) -> &Resources {
        &self.0
    }
}

/// What a command left behind: answered from what was decided, not from a read model.
#[derive(Clone, Debug)]
pub struct Changed<A: Aggregate> {
    pub id: A::Id,
    pub state: A,
    /// For `expectedRevision`; none where the stream is empty.
    pub revision: Option<u64>,
    /// Where the newest event of `state` lies: what a read must have reached to show it.
    pub position: Option<Position>,
}

impl<A: Aggregate> Changed<A> {
    fn new(id: A::Id, committed: Committed<A>) -> Self {
        Self::from_loaded(id, committed.loaded())
    }

    fn from_loaded(id: A::Id, loaded: Loaded<A>) -> Self {
        let Loaded { state, revision, position, .. } = loaded;
        Self { id, state, revision, position }
    }
}
