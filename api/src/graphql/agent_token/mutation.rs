//! Mutations of agent tokens. Answered from what was decided, never from a read model.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use domain::{
    cidr::Cidrs,
    id::{TokenId, UserId},
    scope::Scopes,
    text::{Reason, TokenName},
};

use super::AgentToken;
use crate::{
    app::{
        Changed,
        agent_tokens::{CreateToken, CreatedToken, RevokeAll, RevokedAll, RotateToken},
    },
    graphql::{
        ask::{Ask, OrGraphql},
        command_answer::announce,
        error::{self, Refused, UserError, UserErrorCode, settle},
        scalar::{DateTime, Position},
    },
};

#[derive(InputObject)]
pub(crate) struct CreateTokenInput {
    workspace_id: Option<ID>,
    name: String,
    /// Never, if left out; at least a minute from now.
    expires_at: Option<DateTime>,
    /// `ws:connect`, if left out.
    scopes: Option<Vec<String>>,
    /// Where the token may be used from; everywhere, if left out.
    allowed_cidrs: Option<Vec<String>>,
    /// The same command again answers the same token, without its secret.
    idempotency_key: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct RenameTokenInput {
    id: ID,
    name: String,
    expected_revision: Option<u64>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct RotateTokenInput {
    id: ID,
    /// How long the old token works on.
    #[graphql(default_with = "Some(0)")]
    overlap_seconds: Option<i32>,
    idempotency_key: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct RevokeTokenInput {
    id: ID,
    /// In your own words; sealed to the workspace.
    reason: Option<String>,
    idempotency_key: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct RevokeAllTokensInput {
    workspace_id: Option<ID>,
    /// Only those that this member created.
    created_by: Option<ID>,
    /// Only those that were not used since.
    unused_since: Option<DateTime>,
    reason: String,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct CreateTokenPayload {
    agent_token: Option<AgentToken>,
    /// Non-null exactly once, in the first answer to the command.
    secret: Option<String>,
    /// False on a repetition: the secret was answered before and is kept nowhere.
    secret_available: bool,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct AgentTokenPayload {
    agent_token: Option<AgentToken>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct RevokeAllPayload {
    revoked_ids: Vec<ID>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

impl RevokeAllPayload {
    pub(in crate::graphql) fn of(
        revoked_ids: Vec<ID>,
        position: Option<Position>,
        client_mutation_id: Option<String>,
    ) -> Self {
        Self { revoked_ids, position, user_errors: vec![], client_mutation_id }
    }
}

#[derive(Default)]
pub(crate) struct AgentTokenMutation;

#[Object]
impl AgentTokenMutation {
    /// Creates a token; its secret is in this answer and nowhere else.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        mut input: CreateTokenInput,
    ) -> async_graphql::Result<CreateTokenPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        created(ctx, create(ctx, input).await, client_mutation_id).await
    }

    /// Gives a token another name.
    async fn rename_token(
        &self,
        ctx: &Context<'_>,
        mut input: RenameTokenInput,
    ) -> async_graphql::Result<AgentTokenPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        changed(ctx, rename(ctx, input).await, client_mutation_id).await
    }

    /// Replaces a token; for a time both may work.
    async fn rotate_token(
        &self,
        ctx: &Context<'_>,
        mut input: RotateTokenInput,
    ) -> async_graphql::Result<CreateTokenPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        created(ctx, rotate(ctx, input).await, client_mutation_id).await
    }

    /// Revokes a token, at once and for good. Again, it changes nothing and succeeds.
    async fn revoke_token(
        &self,
        ctx: &Context<'_>,
        mut input: RevokeTokenInput,
    ) -> async_graphql::Result<AgentTokenPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        changed(ctx, revoke(ctx, input).await, client_mutation_id).await
    }

    /// Revokes all tokens of a workspace that work, or those the arguments leave.
    async fn revoke_all_tokens(
        &self,
        ctx: &Context<'_>,
        mut input: RevokeAllTokensInput,
    ) -> async_graphql::Result<RevokeAllPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        match settle(revoke_all(ctx, input).await)? {
            Ok(RevokedAll { revoked, position }) => {
                let revoked = revoked.into_iter().map(|id| id.public().into()).collect();
                Ok(RevokeAllPayload::of(revoked, announce(ctx, position), client_mutation_id))
            }
            Err(user_errors) => {
                Ok(RevokeAllPayload { user_errors, client_mutation_id, ..Default::default() })
            }
        }
    }
}

async fn create(ctx: &Context<'_>, input: CreateTokenInput) -> Result<CreatedToken, Refused> {
    let request = ctx.command(input.idempotency_key)?;
    let create = CreateToken {
        workspace: ctx.workspace_id(input.workspace_id.as_ref())?,
        name: name(&input.name)?,
        expires_at: input.expires_at.map(|time| time.0),
        scopes: scopes(input.scopes)?,
        allowed_cidrs: Cidrs::parse(input.allowed_cidrs.iter().flatten().map(String::as_str))
            .map_err(|invalid| UserError::at("allowedCidrs", &invalid))?,
        acts_as: None,
    };
    Ok(ctx.app().create_token(&request, create).await?)
}

async fn rename(
    ctx: &Context<'_>,
    input: RenameTokenInput,
) -> Result<Changed<domain::agent_token::AgentToken>, Refused> {
    let request = ctx.command(None)?;
    let (id, name) = (token_id(&input.id)?, name(&input.name)?);
    Ok(ctx.app().rename_token(&request, id, name, input.expected_revision).await?)
}

async fn rotate(ctx: &Context<'_>, input: RotateTokenInput) -> Result<CreatedToken, Refused> {
    let request = ctx.command(input.idempotency_key)?;
    let overlap = TimeDelta::seconds(input.overlap_seconds.unwrap_or(0).into());
    let rotate = RotateToken { id: token_id(&input.id)?, overlap };
    Ok(ctx.app().rotate_token(&request, rotate).await?)
}

async fn revoke(
    ctx: &Context<'_>,
    input: RevokeTokenInput,
) -> Result<Changed<domain::agent_token::AgentToken>, Refused> {
    let request = ctx.command(input.idempotency_key)?;
    let (id, reason) = (token_id(&input.id)?, reason(input.reason.as_deref())?);
    Ok(ctx.app().revoke_token(&request, id, reason).await?)
}

async fn revoke_all(ctx: &Context<'_>, input: RevokeAllTokensInput) -> Result<RevokedAll, Refused> {
    let request = ctx.command(None)?;
    let created_by = input.created_by.map(|id| UserId::from_public(&id));
    let which = RevokeAll {
        workspace: ctx.workspace_id(input.workspace_id.as_ref())?,
        created_by: created_by.transpose().map_err(|_| {
            UserError::new("createdBy", UserErrorCode::UserNotFound, "there is no such member")
        })?,
        unused_since: input.unused_since.map(|since| since.0),
        reason: reason(Some(&input.reason))?,
    };
    Ok(ctx.app().revoke_all_tokens(&request, which).await?)
}

fn token_id(id: &ID) -> Result<TokenId, Refused> {
    Ok(TokenId::from_public(id).map_err(error::not_found)?)
}

fn name(text: &str) -> Result<TokenName, UserError> {
    TokenName::parse(text).map_err(|invalid| UserError::at("name", &invalid))
}

fn reason(text: Option<&str>) -> Result<Option<Reason>, UserError> {
    let reason = Reason::parse(text.unwrap_or_default());
    reason.map_err(|invalid| UserError::at("reason", &invalid))
}

fn scopes(names: Option<Vec<String>>) -> Result<Scopes, UserError> {
    let Some(names) = names else { return Ok(Scopes::default()) };
    match Scopes::parse(names.iter().map(String::as_str)) {
        Ok(scopes) if !scopes.is_empty() => Ok(scopes),
        Ok(_) => {
            Err(UserError::new("scopes", UserErrorCode::InvalidInput, "a token needs a scope"))
        }
        Err(unknown) => {
            Err(UserError::new("scopes", UserErrorCode::ScopeNotAllowed, unknown.to_string()))
        }
    }
}

pub(in crate::graphql) async fn created(
    ctx: &Context<'_>,
    outcome: Result<CreatedToken, Refused>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<CreateTokenPayload> {
    let CreatedToken { token, secret } = match settle(outcome)? {
        Ok(created) => created,
        Err(user_errors) => {
            return Ok(CreateTokenPayload {
                user_errors,
                client_mutation_id,
                ..Default::default()
            });
        }
    };
    let position = announce(ctx, token.position);
    Ok(CreateTokenPayload {
        agent_token: shown(ctx, token).await?,
        secret_available: secret.is_some(),
        secret: secret.map(|secret| secret.expose().clone()),
        position,
        user_errors: vec![],
        client_mutation_id,
    })
}

async fn changed(
    ctx: &Context<'_>,
    outcome: Result<Changed<domain::agent_token::AgentToken>, Refused>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<AgentTokenPayload> {
    let token = match settle(outcome)? {
        Ok(token) => token,
        Err(user_errors) => {
            return Ok(AgentTokenPayload { user_errors, client_mutation_id, ..Default::default() });
        }
    };
    let position = announce(ctx, token.position);
    let agent_token = shown(ctx, token).await?;
    Ok(AgentTokenPayload { agent_token, position, user_errors: vec![], client_mutation_id })
}

async fn shown(
    ctx: &Context<'_>,
    token: Changed<domain::agent_token::AgentToken>,
) -> async_graphql::Result<Option<AgentToken>> {
    let at = ctx.app().token_changed(token).await.or_graphql()?;
    Ok(AgentToken::folded(at))
}
