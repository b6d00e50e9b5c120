//! Session tokens over GraphQL: issued, and never seen again.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::session_token::Channel;

use super::{
    ask::{Ask, OrGraphql},
    scalar::Url,
};
use crate::{app::session_tokens::IssuedSessionToken, error::Error};

#[derive(Default, InputObject)]
pub(crate) struct CreateSessionTokenInput {
    /// What it is for, e.g. `chat-preview`.
    channel: Option<String>,
    client_mutation_id: Option<String>,
}

#[derive(SimpleObject)]
pub(crate) struct SessionTokenPayload {
    /// Opens the sockets of one workspace, for reading.
    token: String,
    /// In seconds.
    expires_in: u64,
    websocket_url: Url,
}

#[derive(Default)]
pub(crate) struct SessionTokenMutation;

#[Object]
impl SessionTokenMutation {
    /// Issues a short-lived token for the real-time features of a page.
    async fn create_session_token(
        &self,
        ctx: &Context<'_>,
        input: Option<CreateSessionTokenInput>,
    ) -> async_graphql::Result<SessionTokenPayload> {
        let issued = create(ctx, &input.unwrap_or_default()).await.or_graphql()?;
        Ok(SessionTokenPayload {
            token: issued.token.expose().clone(),
            expires_in: issued.expires_in,
            websocket_url: Url(ctx.app().websocket_url("/ws")),
        })
    }
}

async fn create(
    ctx: &Context<'_>,
    input: &CreateSessionTokenInput,
) -> Result<IssuedSessionToken, Error> {
    let request = ctx.command(None)?;
    let channel = input.channel.as_deref().map(Channel::parse).transpose();
    let channel = channel.map_err(|invalid| Error::invalid(invalid.to_string()))?;
    // Whoever is no person is told so, whatever workspace they have in mind.
    let named = ctx.asked().workspace.is_some();
    let workspace = if named { Some(ctx.workspace_id(None)?) } else { None };
    ctx.app().create_session_token(&request, workspace, channel).await
}
