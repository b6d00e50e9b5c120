//! History in bulk: tokens appended straight to the log, 500 to a workspace, thousands at a time.
//!
//! Made with the service's own rules and vault, only without its HTTP, its
//! quotas and its passwords; nobody signs in as these people.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use chrono::{SubsecRound as _, Utc};
use domain::{
    Aggregate, Sealed, Time,
    actor::Actor,
    agent_token::{self, AgentToken, Created, Origin},
    cidr::Cidrs,
    event,
    id::{CommandId, TokenId, UserId, WorkspaceId},
    opaque_token::{self, Kind},
    plan::Plan,
    scope::Scopes,
    secret::SecretHash,
    user::{self, User},
    workspace::{self, Workspace},
};
use eventstore::{BatchAppendClient, BatchAppendOptions, Client, EventData, ExpectedRevision};
use futures::future::try_join_all;
use indicatif::ProgressBar;
use serde::Serialize;
use store::{Context, Log, Metadata, Vault, random};
use tokio::task::JoinSet;

const TOKENS_A_WORKSPACE: usize = 500;
/// Workspaces filled at once, each with all its tokens under way together.
const WRITERS: usize = 8;

/// Appends `count` live tokens; returns their texts, in no particular order.
pub(crate) async fn tokens(
    log: &Log,
    bulk: &Client,
    vault: &Vault,
    count: usize,
) -> Result<Vec<String>> {
    let bulk = Arc::new(bulk.batch_append(&BatchAppendOptions::default()).await?);
    let progress = ProgressBar::new(count as u64).with_message("seeding");
    let numbers = Arc::new(AtomicUsize::new(1));
    let (mut tasks, mut texts, mut left) = (JoinSet::new(), Vec::with_capacity(count), count);
    while left > 0 || !tasks.is_empty() {
        if left > 0 && tasks.len() < WRITERS {
            let size = left.min(TOKENS_A_WORKSPACE);
            left -= size;
            let bulk = Arc::clone(&bulk);
            let seeder = Seeder { log: log.clone(), bulk, vault: vault.clone() };
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
    /// Appends many streams' first events by one call that never ends.
    bulk: Arc<BatchAppendClient>,
    vault: Vault,
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
        let begun = context("seed", owner, id);
        self.vault.create_subject_key(owner.into(), &begun).await?;
        self.vault.create_subject_key(id.into(), &begun).await?;

        let register = user::Command::Register(user::Register {
            number: number as u64,
            handle: self
                .seal(owner, &stream::<User>(owner), "handle", &format!("bench-{number}"))
                .await?,
            origin: user::Origin::Operator,
            subject_key_id: owner.into(),
            credential: None,
        });
        self.log.execute::<User>(owner, &register, &context("RegisterUser", owner, id)).await?;
        let create = workspace::Command::Create(workspace::Create {
            owner,
            name: self
                .seal(id, &stream::<Workspace>(id), "name", &format!("Bench {number}"))
                .await?,
            plan: Plan::Enterprise,
        });
        self.log.execute::<Workspace>(id, &create, &context("CreateWorkspace", owner, id)).await?;

        let mut texts = Vec::with_capacity(size);
        let mut appends = Vec::with_capacity(size);
        for _ in 0..size {
            let (text, stream, event) = self.token(owner, id).await?;
            texts.push(text);
            appends.push(self.bulk.append_to_stream(
                stream,
                ExpectedRevision::NoStream,
                vec![event],
            ));
        }
        try_join_all(appends).await?;
        progress.inc(size as u64);
        Ok(texts)
    }

    /// Makes a token: its text, its stream and the one event in it, as the service writes them.
    async fn token(
        &self,
        owner: UserId,
        workspace: WorkspaceId,
    ) -> Result<(String, String, EventData)> {
        let id = TokenId::from_uuid(random::uuid());
        let stream = stream::<AgentToken>(id);
        let text = opaque_token::write(Kind::Agent, id.as_uuid(), &random::bytes());
        let token = Created {
            name: self.seal(workspace, &stream, "name", &"bench").await?,
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
        let encoded = event::encode(&agent_token::Event::Created(Box::new(token)))?;
        let metadata = metadata("CreateToken", owner, workspace, encoded.schema);
        let event = EventData::json(encoded.event_type, &encoded.data)?
            .id(random::uuid())
            .metadata(serde_json::to_vec(&metadata)?.into());
        Ok((text.expose().clone(), stream, event))
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
}

fn metadata(
    command: &'static str,
    owner: UserId,
    workspace: WorkspaceId,
    schema: usize,
) -> Metadata {
    let context = context(command, owner, workspace);
    Metadata {
        schema,
        correlation_id: context.correlation_id,
        causation_id: None,
        command_id: context.command_id,
        command: command.to_owned(),
        actor: context.actor,
        on_behalf_of: None,
        workspace_id: context.workspace_id,
        occurred_at: context.occurred_at,
        client: None,
        auth: None,
        node: "bench".to_owned(),
        build: "bench".to_owned(),
        prev: None,
    }
}

fn context(command: &'static str, owner: UserId, workspace: WorkspaceId) -> Context {
    Context {
        command_id: CommandId::from_uuid(random::uuid()),
        command,
        correlation_id: random::uuid(),
        causation_id: None,
        actor: Actor::user(owner),
        on_behalf_of: None,
        workspace_id: Some(workspace),
        occurred_at: now(),
        client: None,
        auth: None,
    }
}

/// The time of what is seeded. Not one for all: the service finishes by itself what was begun a
/// minute ago, and would make the workspaces that come late before the seeder does.
#[expect(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
fn now() -> Time {
    Utc::now().trunc_subsecs(3)
}

fn stream<A: Aggregate>(id: A::Id) -> String {
    format!("{}-{id}", A::CATEGORY)
}
