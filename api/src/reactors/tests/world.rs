//! A node in this process, whose clock the test moves.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Aggregate, Secret, Time,
    actor::Actor,
    agent_token::{self, AgentToken, Create, Created, Origin, RevocationReason},
    cidr::Cidrs,
    id::{CommandId, TokenId, UserId, WorkspaceId},
    scope::Scopes,
    secret::SecretHash,
    text::TokenName,
    workspace::Policy,
    workspace_quota::{self, PassSlot, TakeSlot, WorkspaceQuota},
};
use store::{Context, random};
use tempfile::TempDir;

use crate::{
    app::{App, Caller, ClientInfo, Request, agent_tokens::CreateToken},
    clock::Clock,
    config::Config,
    node::Node,
};

/// A node, and the clock it goes by.
pub(super) struct World {
    node: Node,
    pub(super) clock: Clock,
    _folder: TempDir,
}

impl World {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let settings = [
            ("KEYLEDGER_DATA", data),
            ("KEYLEDGER_LISTEN", "127.0.0.1:0"),
            ("KEYLEDGER_DEFAULT_PLAN", "pro"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let clock = Clock::default();
        let config = Config::from_pairs(settings).unwrap();
        let node = Node::start_with(config, clock.clone()).await.unwrap();
        Self { node, clock, _folder: folder }
    }

    pub(super) fn app(&self) -> &App {
        self.node.app()
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) async fn person(&self, name: &str) -> (UserId, WorkspaceId) {
        let password = Secret::new("correct horse battery staple".to_owned());
        let person = self.app().register(&operator(), name, password).await.unwrap();
        (person.id, WorkspaceId::personal(person.id))
    }

    pub(super) async fn create_token(&self, workspace: WorkspaceId) -> TokenId {
        let create = CreateToken {
            workspace,
            name: TokenName::parse("laptop").unwrap(),
            expires_at: None,
            scopes: Scopes::default(),
            allowed_cidrs: Cidrs::default(),
            acts_as: None,
        };
        self.app().create_token(&operator(), create).await.unwrap().token.id
    }

    /// The second of a rotation's steps, by itself.
    pub(super) async fn create_replacement(&self, old: TokenId, new: TokenId) {
        let state = self.state::<AgentToken>(old).await;
        let old_token = state.issued().unwrap();
        let token = Created {
            name: old_token.name.clone(),
            secret_sha256: SecretHash::of("another"),
            hint: old_token.hint.clone(),
            workspace_id: old_token.workspace_id,
            created_by: old_token.created_by,
            acts_as: old_token.acts_as,
            scopes: Scopes::default(),
            allowed_cidrs: Cidrs::default(),
            expires_at: None,
            origin: Origin::Rotation(old),
        };
        let create = Create { token, policy: Policy::default(), at: self.now() };
        self.execute::<AgentToken>(new, agent_token::Command::Create(create)).await;
    }

    pub(super) async fn take_slot(
        &self,
        workspace: WorkspaceId,
        token_id: TokenId,
        created_by: UserId,
    ) {
        let at = self.now();
        let take = TakeSlot { token_id, created_by, until: None, limit: 10, at };
        self.execute::<WorkspaceQuota>(workspace, workspace_quota::Command::TakeSlot(take)).await;
    }

    /// Returns when the overlap ends.
    pub(super) async fn pass_slot(
        &self,
        workspace: WorkspaceId,
        created_by: UserId,
        from: TokenId,
        to: TokenId,
    ) -> Time {
        let at = self.now();
        let overlap_ends_at = at + TimeDelta::hours(1);
        let pass = PassSlot { from, to, created_by, overlap_ends_at, until: None, limit: 10, at };
        self.execute::<WorkspaceQuota>(workspace, workspace_quota::Command::PassSlot(pass)).await;
        overlap_ends_at
    }

    pub(super) async fn execute<A: Aggregate>(&self, id: A::Id, command: A::Command) {
        self.app().log.execute::<A>(id, &command, &self.context()).await.unwrap();
    }

    pub(super) async fn state<A: Aggregate>(&self, id: A::Id) -> A {
        self.app().log.load::<A>(id).await.unwrap().state
    }

    pub(super) async fn until_slots(&self, workspace: WorkspaceId, slots: usize) {
        eventually(async || self.state::<WorkspaceQuota>(workspace).await.slots.len() == slots)
            .await;
    }

    pub(super) async fn until_revoked(&self, token: TokenId, reason: RevocationReason) {
        eventually(async || {
            let token = self.state::<AgentToken>(token).await;
            let revoked = token.issued().and_then(|token| token.revoked.as_ref());
            revoked.is_some_and(|revoked| revoked.reason == reason)
        })
        .await;
    }

    pub(super) fn context(&self) -> Context {
        let id = random::uuid();
        Context {
            command_id: CommandId::from_uuid(id),
            command: "Test",
            correlation_id: id,
            causation_id: None,
            actor: Actor::system("test"),
            on_behalf_of: None,
            workspace_id: None,
            occurred_at: self.now(),
            client: None,
            auth: None,
        }
    }

    pub(super) async fn end(self) {
        self.node.shutdown().await;
    }
}

/// A request of the operator's.
pub(super) fn operator() -> Request {
    Request {
        id: random::uuid(),
        caller: Some(Caller::operator(0)),
        client: ClientInfo::default(),
        idempotency_key: None,
    }
}

/// Waits until something holds.
pub(super) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(30), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    patience.await.expect("it holds within half a minute");
}
