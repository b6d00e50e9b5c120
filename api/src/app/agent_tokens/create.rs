//! Creation: a slot, then the token; its secret is answered once and kept nowhere.

use domain::{
    Aggregate, Secret, Time,
    agent_token::{AgentToken, Command, Create, Created, Origin},
    cidr::Cidrs,
    id::{TokenId, UserId, WorkspaceId},
    opaque_token::{self, Kind},
    plan::Plan,
    role::{Permission, Role},
    scope::Scopes,
    secret::SecretHash,
    text::TokenName,
    workspace_quota::{self, FreedCause, TakeSlot, WorkspaceQuota},
};
use store::{ExecuteError, random};

use super::{Access, App, Changed, Request, Undertaking};
use crate::{
    app::{Caller, Who},
    error::Error,
};

/// A token that somebody asks for.
#[derive(Clone, Debug)]
pub struct CreateToken {
    pub workspace: WorkspaceId,
    pub name: TokenName,
    /// Never, if left out.
    pub expires_at: Option<Time>,
    pub scopes: Scopes,
    pub allowed_cidrs: Cidrs,
    /// For operators: whose token it is. An owner's, if left out.
    pub acts_as: Option<UserId>,
}

/// A token, and its secret where this is the first answer to the command.
#[derive(Clone, Debug)]
pub struct CreatedToken {
    pub token: Changed<AgentToken>,
    pub secret: Option<Secret<String>>,
}

impl App {
    /// Creates an agent token.
    ///
    /// The same command again (by its idempotency key) answers the same token without its secret.
    ///
    /// # Errors
    ///
    /// [`Error::PlanRequired`]; `TOKEN_LIMIT_REACHED`, `EXPIRES_IN_PAST`, `EXPIRES_TOO_FAR`.
    pub async fn create_token(
        &self,
        request: &Request,
        create: CreateToken,
    ) -> Result<CreatedToken, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move { app.create(&request, create).await }).await
    }

    async fn create(&self, request: &Request, create: CreateToken) -> Result<CreatedToken, Error> {
        let workspace = create.workspace;
        let caller = request.caller()?;
        let access = self.access(caller, workspace, Permission::TokensManage).await?;
        let undertaking = self.undertake(request, "CreateToken", Some(workspace))?;
        let id = TokenId::derived(undertaking.command_id(), "agent_token");
        if request.idempotency_key.is_some() {
            let earlier = self.log.load::<AgentToken>(id).await?;
            if earlier.state.issued().is_some() {
                return Ok(CreatedToken { token: Changed::from_loaded(id, earlier), secret: None });
            }
        }
        access.require_plan(Plan::LOWEST_WITH_TOKENS)?;
        let creator = creator(caller, &access, create.acts_as)?;
        let secret = opaque_token::write(Kind::Agent, id.as_uuid(), &random::bytes());
        let token = Created {
            name: self.seal_token_name(workspace, id, &create.name).await?,
            secret_sha256: SecretHash::of(secret.expose()),
            hint: opaque_token::hint(&secret),
            workspace_id: workspace,
            created_by: creator,
            acts_as: creator,
            scopes: create.scopes,
            allowed_cidrs: create.allowed_cidrs,
            expires_at: create.expires_at,
            origin: Origin::Dashboard,
        };
        let policy = access.open().policy.clone();
        let command = Command::Create(Create { token, policy, at: undertaking.at() });
        // Asked before a slot is taken, so that a refusal leaves no trace.
        AgentToken::default().decide(&command).map_err(|refusal| Error::rejected(&refusal))?;
        self.take_slot(&undertaking, &access, id, creator, create.expires_at).await?;
        let (token, repeated) = self.issue(&undertaking, workspace, id, &command).await?;
        Ok(CreatedToken { token, secret: (!repeated).then_some(secret) })
    }

    pub(in crate::app) async fn take_slot(
        &self,
        undertaking: &Undertaking<'_>,
        access: &Access,
        token_id: TokenId,
        created_by: UserId,
        until: Option<Time>,
    ) -> Result<(), Error> {
        let limit = self.plan_limits(access.open().plan).agent_tokens;
        let at = undertaking.at();
        let take = TakeSlot { token_id, created_by, until, limit, at };
        let context = undertaking.step("slot").on::<WorkspaceQuota>(access.workspace).await?;
        let take = workspace_quota::Command::TakeSlot(take);
        if undertaking.is_named() {
            self.log.execute::<WorkspaceQuota>(access.workspace, &take, &context).await?;
        } else {
            self.log.execute_once::<WorkspaceQuota>(access.workspace, &take, &context).await?;
        }
        Ok(())
    }

    /// Lets the token appear; tells whether it had before. A refusal gives its slot back.
    pub(in crate::app) async fn issue(
        &self,
        undertaking: &Undertaking<'_>,
        workspace: WorkspaceId,
        id: TokenId,
        command: &Command,
    ) -> Result<(Changed<AgentToken>, bool), Error> {
        let context = undertaking.on::<AgentToken>(id).await?;
        match self.log.execute_new::<AgentToken>(id, command, &context).await {
            Ok(committed) => {
                let repeated = committed.repeated;
                Ok((Changed::new(id, committed), repeated))
            }
            Err(refused @ ExecuteError::Rejected(_)) => {
                let step = undertaking.step("slot back");
                self.free_slot(&step, workspace, id, FreedCause::Abandoned).await?;
                Err(refused.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whose token it becomes: the caller's, or for operators a member's.
fn creator(caller: &Caller, access: &Access, acts_as: Option<UserId>) -> Result<UserId, Error> {
    match (&caller.who, acts_as) {
        (Who::Operator { .. }, Some(member)) => match access.open().role_of(member) {
            Some(_) => Ok(member),
            None => Err(Error::NotFound),
        },
        (Who::Operator { .. }, None) => {
            let mut members = access.open().members.iter();
            let owner = members.find(|(_, member)| member.role == Role::Owner);
            owner.map(|(id, _)| *id).ok_or(Error::NotFound)
        }
        _ => caller.user().ok_or(Error::forbidden(Permission::TokensManage)),
    }
}
