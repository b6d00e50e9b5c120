//! History for tests: people, workspaces and tokens, by the commands that make them.

use domain::{
    Aggregate, Rejection, Sealed, StoredEvent, Time,
    actor::Actor,
    agent_token::{self, AgentToken, Created, Origin, RevocationReason},
    id::{CommandId, SubjectId, TokenId, UserId, WorkspaceId},
    plan::Plan,
    scope::Scopes,
    secret::SecretHash,
    text::{TokenName, WorkspaceName},
    user::{self, User},
    username::Username,
    workspace::{self, Policy, Workspace},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use store::{Context, Position, random};

use super::World;

/// When everything happens.
pub(crate) fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().expect("a time")
}

/// A person and their workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant {
    pub(crate) user: UserId,
    pub(crate) workspace: WorkspaceId,
}

impl World {
    /// Carries out a command, and says where it lies.
    pub(crate) async fn execute<A: Aggregate>(
        &self,
        id: A::Id,
        workspace: Option<WorkspaceId>,
        command: A::Command,
    ) -> Position {
        let context = Self::context(workspace);
        let done = self.log.execute::<A>(id, &command, &context).await.expect("it is carried out");
        done.position.expect("it brought something about")
    }

    fn context(workspace_id: Option<WorkspaceId>) -> Context {
        Context {
            command_id: CommandId::from_uuid(random::uuid()),
            command: "Test",
            correlation_id: random::uuid(),
            causation_id: None,
            actor: Actor::system("test"),
            on_behalf_of: None,
            workspace_id,
            occurred_at: noon(),
            client: None,
            auth: None,
        }
    }

    pub(crate) async fn seal<T: Serialize + DeserializeOwned + Sync>(
        &self,
        subject: SubjectId,
        stream: String,
        field: &str,
        value: T,
    ) -> Sealed<T> {
        self.vault.seal(subject, &stream, field, &value).await.expect("it is sealed")
    }

    /// Registers a person, and makes their workspace on plan PRO.
    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let user = UserId::from_uuid(random::uuid());
        let workspace = WorkspaceId::personal(user);
        let context = Self::context(None);
        for subject in [user.into(), workspace.into()] {
            self.vault.create_subject_key(subject, &context).await.expect("a key");
        }
        let handle = Username::parse(name).expect("a name");
        let register = user::Register {
            number: 1,
            handle: self.seal(user.into(), format!("user-{user}"), "handle", handle).await,
            origin: user::Origin::Register,
            subject_key_id: user.into(),
            credential: None,
        };
        self.execute::<User>(user, None, user::Command::Register(register)).await;
        let title = WorkspaceName::parse(name).expect("a name");
        let create = workspace::Create {
            owner: user,
            name: self
                .seal(workspace.into(), format!("workspace-{workspace}"), "name", title)
                .await,
            plan: Plan::Pro,
        };
        let create = workspace::Command::Create(create);
        self.execute::<Workspace>(workspace, Some(workspace), create).await;
        Tenant { user, workspace }
    }

    /// Makes a token that does not expire.
    pub(crate) async fn token(&self, tenant: Tenant, name: &str) -> TokenId {
        self.token_until(tenant, name, None).await
    }

    pub(crate) async fn token_until(
        &self,
        tenant: Tenant,
        name: &str,
        expires_at: Option<Time>,
    ) -> TokenId {
        let id = TokenId::from_uuid(random::uuid());
        let token = Created {
            name: self.token_name(tenant, id, name).await,
            secret_sha256: SecretHash::of(name),
            hint: "nxa_...Q2F9".into(),
            workspace_id: tenant.workspace,
            created_by: tenant.user,
            acts_as: tenant.user,
            scopes: Scopes::default(),
            allowed_cidrs: domain::cidr::Cidrs::default(),
            expires_at,
            origin: Origin::Dashboard,
        };
        let create = agent_token::Create { token, policy: Policy::default(), at: noon() };
        self.to_token(tenant, id, agent_token::Command::Create(create)).await;
        id
    }

    pub(crate) async fn token_name(
        &self,
        tenant: Tenant,
        id: TokenId,
        name: &str,
    ) -> Sealed<TokenName> {
        let name = TokenName::parse(name).expect("a name");
        self.seal(tenant.workspace.into(), format!("agent_token-{id}"), "name", name).await
    }

    pub(crate) async fn revoke(&self, tenant: Tenant, id: TokenId) -> Position {
        let by = Actor::user(tenant.user);
        let revoke = agent_token::Revoke { reason: RevocationReason::User, note: None, by };
        self.to_token(tenant, id, agent_token::Command::Revoke(revoke)).await
    }

    pub(crate) async fn to_token(
        &self,
        tenant: Tenant,
        id: TokenId,
        command: agent_token::Command,
    ) -> Position {
        self.execute::<AgentToken>(id, Some(tenant.workspace), command).await
    }
}

/// What no release has ever written. Reads as anything, so that it can follow anything.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum Unheard {
    #[serde(rename = "test.unheard_of")]
    Of {},
}

impl<'de> Deserialize<'de> for Unheard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self::Of {})
    }
}

impl StoredEvent for Unheard {}

#[derive(Debug, thiserror::Error)]
#[error("it has happened already")]
pub(crate) struct Happened;

impl Rejection for Happened {
    fn code(&self) -> &'static str {
        "HAPPENED"
    }
}

macro_rules! rogues {
    ($($name:ident in $category:literal by $id:ty;)*) => {$(
        /// Writes an unheard-of event into a stream of this category.
        #[derive(Clone, Default)]
        pub(crate) struct $name;

        impl Aggregate for $name {
            const CATEGORY: &'static str = $category;
            type Id = $id;
            type Command = ();
            type Event = Unheard;
            type Rejection = Happened;

            fn decide(&self, (): &()) -> Result<Vec<Unheard>, Happened> {
                Ok(vec![Unheard::Of {}])
            }

            fn evolve(self, _: &Unheard, _: Time) -> Self {
                self
            }
        }
    )*};
}

rogues! {
    RogueToken in "agent_token" by TokenId;
    RogueWorkspace in "workspace" by WorkspaceId;
}
