//! Mutations of workspaces. Answered from what was decided, never from a read model.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    cidr::Cidrs,
    id::{UserId, WorkspaceId},
    workspace::{PolicyChange, TokenLife},
};

use super::{Plan, Role, Workspace};
use crate::{
    app::{Changed, opened, workspaces::Newcomer},
    error::Error,
    graphql::{
        ask::{Ask, OrGraphql},
        command_answer::announce,
        error::{Refused, UserError, UserErrorCode, settle},
        scalar::Position,
    },
};

#[derive(InputObject)]
pub(crate) struct ChangePlanInput {
    workspace_id: ID,
    /// An owner may only lower it.
    plan: Plan,
    client_mutation_id: Option<String>,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub(crate) struct ChangeWorkspacePolicyInput {
    workspace_id: ID,
    /// The longest that a token may live, a minute at least; null lets tokens live for ever.
    max_token_ttl_seconds: MaybeUndefined<u32>,
    require_expiry: Option<bool>,
    /// Where tokens may be used from, beside what each says itself; anywhere, where it is empty.
    allowed_cidrs: Option<Vec<String>>,
    /// Whether auditors may list tokens.
    auditor_reads_tokens: Option<bool>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct AddMemberInput {
    workspace_id: ID,
    /// The name that they registered with, their id at the identity provider, or `usr_…`.
    username: String,
    role: Role,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct ChangeMemberRoleInput {
    workspace_id: ID,
    user_id: ID,
    role: Role,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
#[expect(clippy::struct_field_names, reason = "the members of the input")]
pub(crate) struct RemoveMemberInput {
    workspace_id: ID,
    user_id: ID,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct WorkspacePayload {
    workspace: Option<Workspace>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

/// A token with less left than this can not be created.
const SHORTEST_LIFE_S: u32 = 60;

#[derive(Default)]
pub(crate) struct WorkspaceMutation;

type Outcome = Result<Changed<domain::workspace::Workspace>, Refused>;

#[Object]
impl WorkspaceMutation {
    /// Lowers the plan of a workspace; raising it is the operator's.
    async fn change_plan(
        &self,
        ctx: &Context<'_>,
        input: ChangePlanInput,
    ) -> async_graphql::Result<WorkspacePayload> {
        let outcome = change_plan(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Changes what a workspace asks of its tokens. Tokens that do not fulfil it are suspended.
    async fn change_workspace_policy(
        &self,
        ctx: &Context<'_>,
        input: ChangeWorkspacePolicyInput,
    ) -> async_graphql::Result<WorkspacePayload> {
        let outcome = change_policy(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Makes a person a member.
    async fn add_member(
        &self,
        ctx: &Context<'_>,
        input: AddMemberInput,
    ) -> async_graphql::Result<WorkspacePayload> {
        let outcome = add_member(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Gives a member another role.
    async fn change_member_role(
        &self,
        ctx: &Context<'_>,
        input: ChangeMemberRoleInput,
    ) -> async_graphql::Result<WorkspacePayload> {
        let outcome = change_member_role(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Takes a member out; the tokens they created are suspended by that.
    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        input: RemoveMemberInput,
    ) -> async_graphql::Result<WorkspacePayload> {
        let outcome = remove_member(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }
}

async fn change_plan(ctx: &Context<'_>, input: &ChangePlanInput) -> Outcome {
    let request = ctx.command(None)?;
    let workspace = ctx.workspace_id(Some(&input.workspace_id))?;
    Ok(ctx.app().change_plan(&request, workspace, input.plan.into()).await?)
}

async fn change_policy(ctx: &Context<'_>, input: &ChangeWorkspacePolicyInput) -> Outcome {
    let request = ctx.command(None)?;
    let workspace = ctx.workspace_id(Some(&input.workspace_id))?;
    let token_life = match input.max_token_ttl_seconds {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(TokenLife::Unbounded),
        MaybeUndefined::Value(seconds) if seconds >= SHORTEST_LIFE_S => {
            Some(TokenLife::Seconds(seconds))
        }
        MaybeUndefined::Value(_) => {
            let (field, code) = ("maxTokenTtlSeconds", UserErrorCode::InvalidInput);
            return Err(UserError::new(field, code, "no token can live less than a minute").into());
        }
    };
    let cidrs = input.allowed_cidrs.as_ref();
    let cidrs = cidrs.map(|texts| Cidrs::parse(texts.iter().map(String::as_str))).transpose();
    let change = PolicyChange {
        token_life,
        require_expiry: input.require_expiry,
        allowed_cidrs: cidrs.map_err(|invalid| UserError::at("allowedCidrs", &invalid))?,
        auditor_reads_tokens: input.auditor_reads_tokens,
    };
    Ok(ctx.app().change_policy(&request, workspace, change).await?)
}

async fn add_member(ctx: &Context<'_>, input: &AddMemberInput) -> Outcome {
    let request = ctx.command(None)?;
    let workspace = ctx.workspace_id(Some(&input.workspace_id))?;
    let newcomer = Newcomer::Said(input.username.clone());
    Ok(ctx.app().add_member(&request, workspace, newcomer, input.role.into()).await?)
}

async fn change_member_role(ctx: &Context<'_>, input: &ChangeMemberRoleInput) -> Outcome {
    let request = ctx.command(None)?;
    let (workspace, user) = (ctx.workspace_id(Some(&input.workspace_id))?, user(&input.user_id)?);
    Ok(ctx.app().change_member_role(&request, workspace, user, input.role.into()).await?)
}

async fn remove_member(ctx: &Context<'_>, input: &RemoveMemberInput) -> Outcome {
    let request = ctx.command(None)?;
    let (workspace, user) = (ctx.workspace_id(Some(&input.workspace_id))?, user(&input.user_id)?);
    Ok(ctx.app().remove_member(&request, workspace, user).await?)
}

fn user(id: &ID) -> Result<UserId, UserError> {
    UserId::from_public(id).map_err(|_| no_such_user("userId"))
}

fn no_such_user(field: &str) -> UserError {
    UserError::new(field, UserErrorCode::UserNotFound, "there is no such user")
}

async fn payload(
    ctx: &Context<'_>,
    outcome: Outcome,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<WorkspacePayload> {
    match settle(outcome)? {
        Ok(changed) => {
            let workspace = shown(ctx, &changed).await.or_graphql()?;
            let position = announce(ctx, changed.position);
            let workspace = Some(workspace);
            Ok(WorkspacePayload { workspace, position, user_errors: vec![], client_mutation_id })
        }
        Err(user_errors) => {
            Ok(WorkspacePayload { user_errors, client_mutation_id, ..Default::default() })
        }
    }
}

async fn shown(
    ctx: &Context<'_>,
    changed: &Changed<domain::workspace::Workspace>,
) -> Result<Workspace, Error> {
    let id: WorkspaceId = changed.id;
    let open = changed.state.open().ok_or(Error::NotFound)?;
    Ok(Workspace::opened(id, &opened::workspace(&ctx.app().vault, id, open).await?))
}
