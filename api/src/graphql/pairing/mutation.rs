//! Mutations of pairing codes.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{
    pairing::PairingId,
    pairing_code::Code,
    text::{DeviceName, TokenName},
};

use super::PairingCode;
use crate::{
    app::{
        agent_tokens::CreatedToken,
        pairing::{ExchangeCode, GeneratePairingCode, GeneratedCode},
    },
    graphql::{
        agent_token::{CreateTokenPayload, created},
        ask::{Ask, OrGraphql},
        command_answer::announce,
        error::{self, Refused, UserError, UserErrorCode, settle},
        scalar::{DateTime, Position},
    },
};

#[derive(InputObject)]
pub(crate) struct GeneratePairingCodeInput {
    workspace_id: Option<ID>,
    /// What the token will be called; after its device, if left out.
    token_name: Option<String>,
    token_expires_at: Option<DateTime>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct CancelPairingCodeInput {
    id: ID,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct ExchangeCodeInput {
    code: String,
    device_name: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct GeneratePairingCodePayload {
    pairing_code: Option<PairingCode>,
    /// To be typed into the app; shown here and nowhere else.
    code: Option<String>,
    /// Opens the app with the code.
    deep_link: Option<String>,
    expires_at: Option<DateTime>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct PairingCodePayload {
    pairing_code: Option<PairingCode>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct PairingMutation;

#[Object]
impl PairingMutation {
    /// Generates a short-lived code for a device; the caller's code before it is superseded.
    async fn generate_pairing_code(
        &self,
        ctx: &Context<'_>,
        mut input: GeneratePairingCodeInput,
    ) -> async_graphql::Result<GeneratePairingCodePayload> {
        let client_mutation_id = input.client_mutation_id.take();
        let generated = match settle(generate(ctx, input).await)? {
            Ok(generated) => generated,
            Err(user_errors) => {
                let empty = GeneratePairingCodePayload::default();
                return Ok(GeneratePairingCodePayload { user_errors, client_mutation_id, ..empty });
            }
        };
        let GeneratedCode { id, code, deep_link, created_at, expires_at, position } = generated;
        Ok(GeneratePairingCodePayload {
            pairing_code: Some(PairingCode::generated(id, created_at, expires_at)),
            code: Some(code.expose().clone()),
            deep_link: Some(deep_link.expose().clone()),
            expires_at: Some(expires_at.into()),
            position: announce(ctx, position),
            user_errors: vec![],
            client_mutation_id,
        })
    }

    /// Makes a code worthless before it is used.
    async fn cancel_pairing_code(
        &self,
        ctx: &Context<'_>,
        input: CancelPairingCodeInput,
    ) -> async_graphql::Result<PairingCodePayload> {
        let client_mutation_id = input.client_mutation_id;
        match settle(cancel(ctx, &input.id).await)? {
            Ok((id, position)) => {
                let pairing_code = Some(cancelled(ctx, id, position).await.or_graphql()?);
                let position = announce(ctx, position);
                Ok(PairingCodePayload {
                    pairing_code,
                    position,
                    user_errors: vec![],
                    client_mutation_id,
                })
            }
            Err(user_errors) => {
                Ok(PairingCodePayload { user_errors, client_mutation_id, ..Default::default() })
            }
        }
    }

    /// Exchanges a code for an agent token, as `POST /api/agent-tokens/exchange` does.
    async fn exchange_code(
        &self,
        ctx: &Context<'_>,
        mut input: ExchangeCodeInput,
    ) -> async_graphql::Result<CreateTokenPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        created(ctx, exchange(ctx, &input).await, client_mutation_id).await
    }
}

async fn generate(
    ctx: &Context<'_>,
    input: GeneratePairingCodeInput,
) -> Result<GeneratedCode, Refused> {
    let request = ctx.command(None)?;
    let name = input.token_name.as_deref().map(TokenName::parse).transpose();
    let generate = GeneratePairingCode {
        workspace: ctx.workspace_id(input.workspace_id.as_ref())?,
        token_name: name.map_err(|invalid| UserError::at("tokenName", &invalid))?,
        token_expires_at: input.token_expires_at.map(|time| time.0),
    };
    Ok(ctx.app().generate_pairing_code(&request, generate).await?)
}

async fn cancel(
    ctx: &Context<'_>,
    id: &ID,
) -> Result<(PairingId, Option<store::Position>), Refused> {
    let request = ctx.command(None)?;
    let id = PairingId::from_public(id).map_err(error::not_found)?;
    Ok((id, ctx.app().cancel_pairing_code(&request, id).await?))
}

/// What was cancelled: as its stream has it, or as the read model, if another took its place.
async fn cancelled(
    ctx: &Context<'_>,
    id: PairingId,
    position: Option<store::Position>,
) -> Result<PairingCode, crate::error::Error> {
    if let Some(code) = ctx.app().pairing(id).await? {
        return Ok(PairingCode::folded(id, &code));
    }
    if let Some(position) = position {
        ctx.reached("pairing_codes", position).await?;
    }
    super::readable(ctx, id).await
}

async fn exchange(ctx: &Context<'_>, input: &ExchangeCodeInput) -> Result<CreatedToken, Refused> {
    let request = ctx.command(None)?;
    let code = Code::parse(&input.code).map_err(|invalid| {
        UserError::new("code", UserErrorCode::PairingCodeInvalid, invalid.to_string())
    })?;
    let device_name = input.device_name.as_deref().map(DeviceName::parse).transpose();
    let device_name = device_name.map_err(|invalid| UserError::at("deviceName", &invalid))?;
    let exchanged = ctx.app().exchange_code(&request, ExchangeCode { code, device_name }).await?;
    Ok(CreatedToken { token: exchanged.token, secret: Some(exchanged.secret) })
}
