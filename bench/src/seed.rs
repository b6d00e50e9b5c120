//! History in bulk: tokens appended straight to the log, 500 to a workspace.
//!
//! Made with the service's own rules and vault, only without its HTTP, its
//! quotas and its passwords; nobody signs in as these people.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use domain::{
    Aggregate, Sealed, Time,
    actor::Actor,
    agent_token::{self, AgentToken, Created, Origin},
    cidr::Cidrs,
    id::{CommandId, TokenId, UserId, WorkspaceId},
    opaque_token::{self, Kind},
    plan::Plan,
    scope::Scopes,
    secret::SecretHash,
    user::{self, User},
    workspace::{self, Policy, Workspace},
};
use indicatif::ProgressBar;
use serde::Serialize;
use store::{Context, Log, Vault, random};
use tokio::task::JoinSet;

const TOKENS_A_WORKSPACE: usize = 500;
/// Workspaces filled at once; within one, tokens are appended one after the other.
const WRITERS: usize = 128;

/// Appends `count` live tokens; returns their texts, in no particular order.
pub(crate) async fn tokens(
    log: &Log,
    vault: &Vault,
    count: usize,
    at: Time,
) -> Result<Vec<String>> {
    let progress = ProgressBar::new(count as u64).with_message("seeding");
    let numbers = Arc::new(AtomicUsize::new(1));
    let (mut tasks, mut texts, mut left) = (JoinSet::new(), Vec::with_capacity(count), count);
    while left > 0 || !tasks.is_empty() {
        if left > 0 && tasks.len() < WRITERS {
            let size = left.min(TOKENS_A_WORKSPACE);
            left -= size;
            let seeder = Seeder { log: log.clone(), vault: vault.clone(), at };
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let progress = progress.clone();
            tasks.spawn(async move { seeder.workspace(number, size, &progress).await });
        } else if let Some(made) = tasks.join_next().await {
            texts.extend(made??);
        }
    }
    progress.finish_and_clear();
    Ok(texts)
}

struct Seeder {
    log: Log,
    vault: Vault,
    at: Time,
}

impl Seeder {
    async fn workspace(
        &self,
        number: usize,
        size: usize,
        progress: &ProgressBar,
    ) -> Result<Vec<String>> {
        let owner = UserId::from_uuid(random::uuid());
        let id = WorkspaceId::personal(owner);
        let context = self.context("seed", owner, id);
        self.vault.create_subject_key(owner.into(), &context).await?;
        self.vault.create_subject_key(id.into(), &context).await?;

        let register = user::Command::Register(user::Register {
            number: number as u64,
            handle: self
                .seal(owner, &stream::<User>(owner), "handle", &format!("bench-{number}"))
                .await?,
            origin: user::Origin::Operator,
            subject_key_id: owner.into(),
            credential: None,
        });
        self.log
            .execute::<User>(owner, &register, &self.context("RegisterUser", owner, id))
            .await?;
        let create = workspace::Command::Create(workspace::Create {
            owner,
            name: self
                .seal(id, &stream::<Workspace>(id), "name", &format!("Bench {number}"))
                .await?,
            plan: Plan::Enterprise,
        });
        self.log
            .execute::<Workspace>(id, &create, &self.context("CreateWorkspace", owner, id))
            .await?;

        let mut texts = Vec::with_capacity(size);
        for _ in 0..size {
            texts.push(self.token(owner, id).await?);
            progress.inc(1);
        }
        Ok(texts)
    }

    async fn token(&self, owner: UserId, workspace: WorkspaceId) -> Result<String> {
        let id = TokenId::from_uuid(random::uuid());
        let text = opaque_token::write(Kind::Agent, id.as_uuid(), &random::bytes());
        let token = Created {
            name: self.seal(workspace, &stream::<AgentToken>(id), "name", &"bench").await?,
            secret_sha256: SecretHash::of(text.expose()),
            hint: opaque_token::hint(&text),
            workspace_id: workspace,
            created_by: owner,
            acts_as: owner,
            scopes: Scopes::default(),
            allowed_cidrs: Cidrs::default(),
            expires_at: None,
            origin: Origin::Dashboard,
        };
        let create = agent_token::Create { token, policy: Policy::default(), at: self.at };
        let command = agent_token::Command::Create(create);
        self.log
            .execute::<AgentToken>(id, &command, &self.context("CreateToken", owner, workspace))
            .await?;
        Ok(text.expose().clone())
    }

    /// Seals a text under a subject's key, as a field of whatever type holds such a text.
    async fn seal<T, V: Serialize + Sync>(
        &self,
        subject: impl Into<domain::id::SubjectId>,
        stream: &str,
        field: &str,
        value: &V,
    ) -> Result<Sealed<T>> {
        match self.vault.seal(subject.into(), stream, field, value).await? {
            Sealed::Closed(ciphertext) => Ok(Sealed::Closed(ciphertext)),
            Sealed::Open(_) | Sealed::Blank => unreachable!("sealing closes"),
        }
    }

    fn context(&self, command: &'static str, owner: UserId, workspace: WorkspaceId) -> Context {
        Context {
            command_id: CommandId::from_uuid(random::uuid()),
            command,
            correlation_id: random::uuid(),
            causation_id: None,
            actor: Actor::user(owner),
            on_behalf_of: None,
            workspace_id: Some(workspace),
            occurred_at: self.at,
            client: None,
            auth: None,
        }
    }
}

fn stream<A: Aggregate>(id: A::Id) -> String {
    format!("{}-{id}", A::CATEGORY)
}
