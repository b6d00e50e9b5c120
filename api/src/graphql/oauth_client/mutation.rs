//! Mutations of applications. Answered from what was decided.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{
    aggregate::Rejection,
    id::OauthClientId,
    oauth_client::{AccessTtl, Changes, ClaimsProfile, ClientId, Contacts, Homepage},
    redirect_uri::RedirectUri,
    scope::OauthScopes,
    text::{AppName, Reason},
};

use super::{ClientKind, OauthClient};
use crate::{
    app::{
        Changed,
        oauth::clients::{ClientChanged, RegisterClient},
        request::stream_of,
    },
    graphql::{
        ask::{Ask, OrGraphql},
        command_answer::announce,
        error::{Refused, UserError, UserErrorCode, not_found, settle},
        scalar::Position,
    },
};

#[derive(InputObject)]
pub(crate) struct RegisterOauthClientInput {
    /// One is invented, if left out.
    client_id: Option<String>,
    name: String,
    kind: ClientKind,
    redirect_uris: Vec<String>,
    scopes: Option<Vec<String>>,
    access_token_ttl_seconds: Option<i32>,
    require_pkce: Option<bool>,
    /// Whether a refresh token is replaced whenever it is used, as a public application's must be; yes,
    /// if left out.
    rotate_refresh_tokens: Option<bool>,
    /// `compat` or `standard`; compat, if left out.
    claims_profile: Option<String>,
    contacts: Option<Vec<String>>,
    homepage: Option<String>,
    description: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct UpdateOauthClientInput {
    id: ID,
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    access_token_ttl_seconds: Option<i32>,
    require_pkce: Option<bool>,
    rotate_refresh_tokens: Option<bool>,
    claims_profile: Option<String>,
    expected_revision: Option<i32>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct RotateClientSecretInput {
    id: ID,
    /// How long the secret before goes on.
    #[graphql(default = 86_400)]
    overlap_seconds: i32,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct SuspendOauthClientInput {
    id: ID,
    reason: String,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct ReinstateOauthClientInput {
    id: ID,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct OauthClientPayload {
    client: Option<OauthClient>,
    /// Non-null exactly once, in the first answer to the command.
    client_secret: Option<String>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct OauthClientMutation;

type Outcome = Result<ClientChanged, Refused>;

#[Object]
impl OauthClientMutation {
    /// Registers an application.
    async fn register_oauth_client(
        &self,
        ctx: &Context<'_>,
        mut input: RegisterOauthClientInput,
    ) -> async_graphql::Result<OauthClientPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        payload(ctx, register(ctx, input).await, client_mutation_id).await
    }

    /// Changes what may change of an application.
    async fn update_oauth_client(
        &self,
        ctx: &Context<'_>,
        mut input: UpdateOauthClientInput,
    ) -> async_graphql::Result<OauthClientPayload> {
        let client_mutation_id = input.client_mutation_id.take();
        payload(ctx, update(ctx, input).await, client_mutation_id).await
    }

    /// Gives a private application another secret.
    async fn rotate_client_secret(
        &self,
        ctx: &Context<'_>,
        input: RotateClientSecretInput,
    ) -> async_graphql::Result<OauthClientPayload> {
        let outcome = rotate(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Ends all that an application may do, at once.
    async fn suspend_oauth_client(
        &self,
        ctx: &Context<'_>,
        input: SuspendOauthClientInput,
    ) -> async_graphql::Result<OauthClientPayload> {
        let outcome = suspend(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }

    /// Lets a suspended application go on.
    async fn reinstate_oauth_client(
        &self,
        ctx: &Context<'_>,
        input: ReinstateOauthClientInput,
    ) -> async_graphql::Result<OauthClientPayload> {
        let outcome = reinstate(ctx, &input).await;
        payload(ctx, outcome, input.client_mutation_id).await
    }
}

async fn register(ctx: &Context<'_>, input: RegisterOauthClientInput) -> Outcome {
    let request = ctx.command(None)?;
    let register = RegisterClient {
        client_id: input
            .client_id
            .map(|text| at("clientId", text.parse::<ClientId>()))
            .transpose()?,
        kind: input.kind.into(),
        name: at("name", AppName::parse(&input.name))?,
        description: match input.description {
            Some(text) => at("description", Reason::parse(&text))?,
            None => None,
        },
        homepage: input.homepage.map(|text| at("homepage", Homepage::parse(&text))).transpose()?,
        redirect_uris: uris(&input.redirect_uris)?,
        scopes: scopes(input.scopes.as_deref().unwrap_or_default())?,
        access_ttl: input.access_token_ttl_seconds.map(ttl).transpose()?.unwrap_or_default(),
        require_pkce: input.require_pkce.unwrap_or(false),
        rotate_refresh_tokens: input.rotate_refresh_tokens.unwrap_or(true),
        claims_profile: input
            .claims_profile
            .map(|text| at("claimsProfile", text.parse()))
            .transpose()?
            .unwrap_or(ClaimsProfile::Compat),
        contacts: input
            .contacts
            .filter(|contacts| !contacts.is_empty())
            .map(|contacts| at("contacts", Contacts::parse(&contacts)))
            .transpose()?,
        policy_version: None,
    };
    Ok(ctx.app().register_client(&request, register).await?)
}

async fn update(ctx: &Context<'_>, input: UpdateOauthClientInput) -> Outcome {
    let request = ctx.command(None)?;
    let changes = Changes {
        name: input.name.map(|text| at("name", AppName::parse(&text))).transpose()?,
        redirect_uris: input.redirect_uris.as_deref().map(uris).transpose()?,
        scopes: input.scopes.as_deref().map(scopes).transpose()?,
        access_ttl: input.access_token_ttl_seconds.map(ttl).transpose()?,
        require_pkce: input.require_pkce,
        rotate_refresh_tokens: input.rotate_refresh_tokens,
        claims_profile: input
            .claims_profile
            .map(|text| at("claimsProfile", text.parse()))
            .transpose()?,
        homepage: None,
    };
    let expected = input.expected_revision.and_then(|revision| u64::try_from(revision).ok());
    let app = ctx.app();
    Ok(unchanged_secret(app.update_client(&request, id(&input.id)?, changes, expected).await?))
}

async fn rotate(ctx: &Context<'_>, input: &RotateClientSecretInput) -> Outcome {
    let request = ctx.command(None)?;
    let overlap = u32::try_from(input.overlap_seconds).map_err(|_| {
        let text = "an overlap is a number of seconds";
        UserError::new("overlapSeconds", UserErrorCode::InvalidInput, text)
    })?;
    Ok(ctx.app().rotate_client_secret(&request, id(&input.id)?, overlap).await?)
}

async fn suspend(ctx: &Context<'_>, input: &SuspendOauthClientInput) -> Outcome {
    let request = ctx.command(None)?;
    let reason = at("reason", Reason::parse(&input.reason))?.ok_or_else(|| {
        UserError::new("reason", UserErrorCode::InvalidInput, "a suspension needs a reason")
    })?;
    let app = ctx.app();
    Ok(unchanged_secret(app.suspend_client(&request, id(&input.id)?, reason).await?))
}

async fn reinstate(ctx: &Context<'_>, input: &ReinstateOauthClientInput) -> Outcome {
    let request = ctx.command(None)?;
    Ok(unchanged_secret(ctx.app().reinstate_client(&request, id(&input.id)?).await?))
}

fn unchanged_secret(client: Changed<domain::oauth_client::OauthClient>) -> ClientChanged {
    ClientChanged { client, secret: None }
}

async fn payload(
    ctx: &Context<'_>,
    outcome: Outcome,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<OauthClientPayload> {
    let ClientChanged { client, secret } = match settle(outcome)? {
        Ok(changed) => changed,
        Err(user_errors) => {
            return Ok(OauthClientPayload {
                user_errors,
                client_mutation_id,
                ..Default::default()
            });
        }
    };
    let Changed { id, state, revision, position } = client;
    let known = state.client();
    let reason = match known.and_then(|known| known.suspended.as_ref()) {
        None => None,
        Some(suspension) => {
            let stream = stream_of::<domain::oauth_client::OauthClient>(id);
            let vault = &ctx.app().vault;
            let reason = vault.open_sealed(&stream, "reason", &suspension.reason).await;
            reason.or_graphql()?.map(|reason| reason.as_str().to_owned())
        }
    };
    Ok(OauthClientPayload {
        client: known.map(|known| OauthClient::from_state(id, known, reason, revision)),
        client_secret: secret.map(|secret| secret.expose().clone()),
        position: announce(ctx, position),
        user_errors: vec![],
        client_mutation_id,
    })
}

fn id(id: &ID) -> Result<OauthClientId, Refused> {
    OauthClientId::from_public(id).map_err(|error| Refused::Request(not_found(error)))
}

fn uris(texts: &[String]) -> Result<Vec<RedirectUri>, UserError> {
    texts.iter().map(|text| at("redirectUris", RedirectUri::parse(text))).collect()
}

fn scopes(names: &[String]) -> Result<OauthScopes, UserError> {
    at("scopes", OauthScopes::parse(names.iter().map(String::as_str)))
}

fn ttl(seconds: i32) -> Result<AccessTtl, UserError> {
    at("accessTokenTtlSeconds", AccessTtl::new(seconds.try_into().unwrap_or(0)))
}

/// What was parsed, or what is wrong with which member of the input.
fn at<T, R: Rejection>(field: &str, parsed: Result<T, R>) -> Result<T, UserError> {
    parsed.map_err(|rejection| UserError::at(field, &rejection))
}
