//! Sessions over GraphQL: where the caller is signed in.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::id::{FamilyId, LoginId};
use projections::oauth_clients::{self, ClientRow};

use super::{
    agent_token::{CredentialKind, RevokeAllPayload},
    ask::{Ask, OrGraphql},
    command_answer::announce,
    oauth_client::OauthClient,
    scalar::DateTime,
};
use crate::{
    app::{self, Via},
    error::Error,
};

/// One place where somebody is signed in: a browser, or a program that renews its access.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Session {
    id: ID,
    kind: CredentialKind,
    /// How they proved who they are, e.g. `password`.
    method: String,
    /// The application that acts for the caller through it, where one does.
    client: Option<OauthClient>,
    started_at: DateTime,
    /// To the day, where that is known.
    last_used_at: Option<DateTime>,
    expires_at: Option<DateTime>,
    /// Whether this request came by it.
    current: bool,
    /// Coarse: the /24 or /48 it began from.
    network: Option<String>,
}

impl Session {
    fn new(session: app::sessions::Session, client: Option<&ClientRow>) -> Self {
        let (id, kind) = match session.via {
            Via::Login(id) => (id.public(), CredentialKind::Session),
            Via::Family(id) => (id.public(), CredentialKind::TokenFamily),
        };
        Self {
            id: id.into(),
            kind,
            method: session.method,
            client: client.map(|row| OauthClient::from_row(row.clone()).for_people()),
            started_at: session.started_at.into(),
            last_used_at: session.last_used_at.map(DateTime),
            expires_at: Some(session.expires_at.into()),
            current: session.current,
            network: session.network,
        }
    }
}

#[derive(InputObject)]
pub(crate) struct RevokeSessionInput {
    id: ID,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The caller's own logins and families, the newest first.
    async fn sessions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Session>> {
        sessions(ctx).await.or_graphql()
    }
}

async fn sessions(ctx: &Context<'_>) -> Result<Vec<Session>, Error> {
    let caller = ctx.caller()?;
    for read_model in ["logins", "token_families", "oauth_clients"] {
        ctx.settled(read_model, None).await?;
    }
    let sessions = ctx.app().sessions(caller).await?;
    let named = sessions.iter().filter_map(|session| session.client);
    let clients = oauth_clients::named(&ctx.app().db, named).await?;
    let sessions = sessions.into_iter().map(|session| {
        let client = session.client.and_then(|id| clients.get(&id));
        Session::new(session, client)
    });
    Ok(sessions.collect())
}

#[derive(Default)]
pub(crate) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends one of the caller's own sessions, at once.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionInput,
    ) -> async_graphql::Result<RevokeAllPayload> {
        let (ended, position) = revoke(ctx, &input.id).await.or_graphql()?;
        let revoked = ended.then_some(input.id).into_iter().collect();
        Ok(RevokeAllPayload::of(revoked, announce(ctx, position), input.client_mutation_id))
    }
}

async fn revoke(ctx: &Context<'_>, id: &ID) -> Result<(bool, Option<store::Position>), Error> {
    let request = ctx.command(None)?;
    let login = LoginId::from_public(id).map(Via::Login);
    let which = login.or_else(|_| FamilyId::from_public(id).map(Via::Family));
    let which = which.map_err(super::error::not_found)?;
    ctx.app().revoke_session(&request, which).await
}
