//! A log, what follows it, and events of a workspace to follow.

use std::time::{Duration, Instant};

use domain::{
    Secret, Time,
    actor::Actor,
    audit_access::{AuditAccess, AuditAccessId, Command},
    digest::Digest,
    id::{CommandId, WorkspaceId},
};
use embedded_store::EmbeddedStore;
use store::{Context, Log, LogConfig, Position, random};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::app::folds::FoldsConfig;

/// A log of its own, and a node's view of it.
pub(super) struct World {
    _store: EmbeddedStore,
    pub(super) log: Log,
    pub(super) live: Live,
    pub(super) freshness: Freshness,
    _stop: tokio_util::sync::DropGuard,
}

impl World {
    pub(super) async fn start() -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let store = EmbeddedStore::builder().in_memory().listen(listen).start().await.unwrap();
        let config = LogConfig {
            url: Secret::new(store.url()),
            node: "test".into(),
            build: "test",
            deadline: Duration::from_secs(5),
        };
        let log = Log::connect(config).await.unwrap();
        let stop = CancellationToken::new();
        let freshness = Freshness::new(Freshness::MAX_STALENESS);
        let folds = Folds::new(log.clone(), freshness.clone(), FoldsConfig::default());
        let live = Live::start(&log, folds, freshness.clone(), Clock::default(), stop.clone())
            .await
            .unwrap();
        Self { _store: store, log, live, freshness, _stop: stop.drop_guard() }
    }

    /// Appends one event of `workspace`; returns where it lies.
    pub(super) async fn happen(&self, workspace: WorkspaceId) -> Position {
        let day = noon().date_naive();
        let id = AuditAccessId { workspace: Some(workspace), day };
        let read = Command::RecordRead { filter_hash: Digest::of("all"), count: 1 };
        let context = context(workspace);
        let done = self.log.execute::<AuditAccess>(id, &read, &context).await.unwrap();
        done.position.unwrap()
    }

    pub(super) fn all_of(&self, workspace: WorkspaceId, after: Option<Position>) -> Subscription {
        let interest = Interest::new(Key::Tenant(workspace), |_| true);
        self.live.subscribe(interest, after)
    }
}

pub(super) fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(random::uuid())
}

pub(super) fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn context(workspace: WorkspaceId) -> Context {
    Context {
        command_id: CommandId::from_uuid(random::uuid()),
        command: "Test",
        correlation_id: random::uuid(),
        causation_id: None,
        actor: Actor::system("test"),
        on_behalf_of: None,
        workspace_id: Some(workspace),
        occurred_at: noon(),
        client: None,
        auth: None,
    }
}

/// The next item, which must come soon.
pub(super) async fn next(subscription: &mut Subscription) -> Item {
    let next = time::timeout(Duration::from_secs(20), subscription.next());
    next.await.expect("an item comes").unwrap()
}

pub(super) async fn eventually(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came to be so");
        time::sleep(Duration::from_millis(5)).await;
    }
}
