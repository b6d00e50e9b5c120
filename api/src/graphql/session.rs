//! Sessions over GraphQL: where the caller is signed in.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::id::{FamilyId, LoginId};

use super::{
    agent_token::{CredentialKind, RevokeAllPayload},
    ask::{Ask, OrGraphql},
    command_answer::announce,
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
    started_at: DateTime,
    /// To the day, where that is known.
    last_used_at: Option<DateTime>,
    expires_at: Option<DateTime>,
    /// Whether this request came by it.
    current: bool,
    /// Coarse: the /24 or /48 it began from.
    network: Option<String>,
}

impl From<app::sessions::Session> for Session {
    fn from(session: app::sessions::Session) -> Self {
        let (id, kind) = match session.via {
            Via::Login(id) => (id.public(), CredentialKind::Session),
            Via::Family(id) => (id.public(), CredentialKind::TokenFamily),
        };
        Self {
            id: id.into(),
            kind,
            method: session.method,
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
    for read_model in ["logins", "token_families"] {
        ctx.settled(read_model, None).await?;
    }
    let sessions = ctx.app().sessions(caller).await?;
    Ok(sessions.into_iter().map(Session::from).collect())
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
