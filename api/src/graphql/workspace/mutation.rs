//! Mutations of workspaces. Answered from what was decided, never from a read model.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{
    id::{UserId, WorkspaceId},
    username::Username,
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

#[derive(InputObject)]
pub(crate) struct AddMemberInput {
    workspace_id: ID,
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

    /// Makes a registered person a member.
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

async fn add_member(ctx: &Context<'_>, input: &AddMemberInput) -> Outcome {
    let request = ctx.command(None)?;
    let workspace = ctx.workspace_id(Some(&input.workspace_id))?;
    // A name that nobody can have is told apart from one that nobody has by nothing.
    let name = Username::parse(&input.username).map_err(|_| no_such_user("username"))?;
    let newcomer = Newcomer::Named(name);
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
