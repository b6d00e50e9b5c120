//! Mutations of connected accounts. Answered from what was decided, never from a read model.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{Secret, id::ConnectedAccountId};

use super::{ConnectedAccount, Platform};
use crate::{
    app::{
        Changed,
        accounts::{Answer, StartConnection},
        opened,
    },
    error::Error,
    graphql::{
        ask::{Ask, OrGraphql},
        command_answer::announce,
        error::{self, Refused, UserError, settle},
        scalar::Position,
    },
};

#[derive(InputObject)]
pub(crate) struct StartAccountConnectionInput {
    workspace_id: Option<ID>,
    platform: Platform,
    /// Those of the platform's description, if left out.
    scopes: Option<Vec<String>>,
    /// Where the browser goes afterwards: a page of this service, or of an origin on its list.
    return_to: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct ConnectAccountInput {
    platform: Platform,
    /// What the platform gave the browser.
    code: String,
    /// What `startAccountConnection` gave.
    state: String,
    client_mutation_id: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct DisconnectAccountInput {
    id: ID,
    #[graphql(default_with = "Some(true)")]
    revoke_at_provider: Option<bool>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct StartAccountConnectionPayload {
    /// For the person's own browser. Null where the request was refused.
    authorization_url: Option<String>,
    state: Option<String>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct ConnectedAccountPayload {
    connected_account: Option<ConnectedAccount>,
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct ConnectedAccountMutation;

type Outcome = Result<Changed<domain::connected_account::ConnectedAccount>, Refused>;

#[Object]
impl ConnectedAccountMutation {
    /// Begins to connect an account: the person must agree at the platform.
    async fn start_account_connection(
        &self,
        ctx: &Context<'_>,
        input: StartAccountConnectionInput,
    ) -> async_graphql::Result<StartAccountConnectionPayload> {
        let StartAccountConnectionInput { workspace_id, platform, scopes, return_to, .. } = input;
        let client_mutation_id = input.client_mutation_id;
        let outcome = async {
            let request = ctx.command(None)?;
            let workspace = ctx.workspace_id(workspace_id.as_ref())?;
            let start = StartConnection { workspace, platform: platform.0, scopes, return_to };
            Ok(ctx.app().start_connection(&request, start).await?)
        };
        Ok(match settle(outcome.await)? {
            Ok(started) => StartAccountConnectionPayload {
                authorization_url: Some(started.authorization_url.into()),
                state: Some(started.state.expose().clone()),
                user_errors: vec![],
                client_mutation_id,
            },
            Err(user_errors) => StartAccountConnectionPayload {
                user_errors,
                client_mutation_id,
                ..Default::default()
            },
        })
    }

    /// Connects the account that the person agreed to.
    async fn connect_account(
        &self,
        ctx: &Context<'_>,
        input: ConnectAccountInput,
    ) -> async_graphql::Result<ConnectedAccountPayload> {
        let ConnectAccountInput { platform, code, state, client_mutation_id } = input;
        let outcome = async {
            let request = ctx.command(None)?;
            let (state, answer) = (Secret::new(state), Answer::Code(Secret::new(code)));
            Ok(ctx.app().connect_account(&request, &platform.0, state, answer).await?)
        };
        payload(ctx, outcome.await, client_mutation_id).await
    }

    /// Disconnects an account; what the platform granted is revoked there unless told otherwise.
    async fn disconnect_account(
        &self,
        ctx: &Context<'_>,
        input: DisconnectAccountInput,
    ) -> async_graphql::Result<ConnectedAccountPayload> {
        let outcome = async {
            let request = ctx.command(None)?;
            let id = ConnectedAccountId::from_public(&input.id).map_err(error::not_found)?;
            let revoke = input.revoke_at_provider.unwrap_or(true);
            Ok(ctx.app().disconnect_account(&request, id, revoke).await?)
        };
        payload(ctx, outcome.await, input.client_mutation_id).await
    }
}

async fn payload(
    ctx: &Context<'_>,
    outcome: Outcome,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<ConnectedAccountPayload> {
    match settle(outcome)? {
        Ok(changed) => {
            let account = shown(ctx, &changed).await.or_graphql()?;
            Ok(ConnectedAccountPayload {
                connected_account: Some(account),
                position: announce(ctx, changed.position),
                user_errors: vec![],
                client_mutation_id,
            })
        }
        Err(user_errors) => {
            Ok(ConnectedAccountPayload { user_errors, client_mutation_id, ..Default::default() })
        }
    }
}

async fn shown(
    ctx: &Context<'_>,
    changed: &Changed<domain::connected_account::ConnectedAccount>,
) -> Result<ConnectedAccount, Error> {
    let account = changed.state.account().ok_or(Error::NotFound)?;
    let opened = opened::connected_account(&ctx.app().vault, changed.id, account).await?;
    Ok(ConnectedAccount::opened(changed.id, &opened))
}
