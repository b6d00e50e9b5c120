//! Authorizations over GraphQL: what the caller lets applications do.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{id::OauthClientId, oauth_grant::GrantId};
use projections::{Edge, oauth_authorizations, oauth_clients, token_families};

use super::{
    agent_token::{Paging, RevokeAllPayload},
    ask::{Ask, OrGraphql},
    command_answer::announce,
    error::not_found,
    oauth_client::OauthClient,
    page_info::PageInfo,
    scalar::{Cursor, DateTime},
};
use crate::{app::Who, error::Error};

/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

/// What the caller lets one application do.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Authorization {
    id: ID,
    client: OauthClient,
    scopes: Vec<String>,
    /// Since the last time it was taken back, if it ever was.
    granted_at: DateTime,
    /// To the day.
    last_used_at: Option<DateTime>,
    /// How many times the application is signed in.
    active_families: i32,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AuthorizationEdge {
    cursor: Cursor,
    node: Authorization,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AuthorizationConnection {
    edges: Vec<AuthorizationEdge>,
    page_info: PageInfo,
}

#[derive(InputObject)]
pub(crate) struct RevokeAuthorizationInput {
    id: ID,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct AuthorizationQuery;

#[Object]
impl AuthorizationQuery {
    /// The applications that may act in the caller's name, the newest consent first.
    async fn authorizations(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<AuthorizationConnection> {
        authorizations(ctx, Paging { first, after, ..Paging::default() }).await.or_graphql()
    }
}

async fn authorizations(
    ctx: &Context<'_>,
    paging: Paging,
) -> Result<AuthorizationConnection, Error> {
    let (user, request) = (person(ctx)?, paging.request(PAGE)?);
    for read_model in ["oauth_authorizations", "oauth_clients", "token_families"] {
        ctx.settled(read_model, None).await?;
    }
    let (db, at) = (&ctx.app().db, ctx.app().clock.now());
    let page = oauth_authorizations::page(db, user, &request).await?;
    let page_info = PageInfo::of(&page);
    let families = token_families::of_applications(db, user, at).await?;
    let families: HashMap<OauthClientId, _> =
        families.into_iter().map(|families| (families.client, families)).collect();
    let named = page.edges.iter().map(|edge| edge.node.client);
    let mut clients = oauth_clients::named(db, named).await?;
    let edges = page.edges.into_iter().filter_map(|Edge { cursor, node: row }| {
        // The read model of applications may be behind the one of consents.
        let client = clients.remove(&row.client)?;
        let families = families.get(&row.client);
        let node = Authorization {
            id: GrantId { user, client: row.client }.public().into(),
            client: OauthClient::from_row(client).for_people(),
            scopes: row.scopes.iter().map(|scope| scope.to_string()).collect(),
            granted_at: row.since.into(),
            last_used_at: families.map(|families| DateTime(families.last_used_at)),
            active_families: families.map_or(0, |it| it.ids.len().try_into().unwrap_or(i32::MAX)),
        };
        Some(AuthorizationEdge { cursor: Cursor(cursor), node })
    });
    Ok(AuthorizationConnection { edges: edges.collect(), page_info })
}

/// Nobody but a person themselves sees and ends what they allowed; no application does.
fn person(ctx: &Context<'_>) -> Result<domain::id::UserId, Error> {
    match ctx.caller()?.who {
        Who::User { id, .. } => Ok(id),
        _ => Err(Error::Forbidden { permission: "own authorizations" }),
    }
}

#[derive(Default)]
pub(crate) struct AuthorizationMutation;

#[Object]
impl AuthorizationMutation {
    /// Takes back what an application may do, at once.
    async fn revoke_authorization(
        &self,
        ctx: &Context<'_>,
        input: RevokeAuthorizationInput,
    ) -> async_graphql::Result<RevokeAllPayload> {
        let (ended, position) = revoke(ctx, &input.id).await.or_graphql()?;
        let revoked = ended.then_some(input.id).into_iter().collect();
        Ok(RevokeAllPayload::of(revoked, announce(ctx, position), input.client_mutation_id))
    }
}

async fn revoke(ctx: &Context<'_>, id: &ID) -> Result<(bool, Option<store::Position>), Error> {
    let user = person(ctx)?;
    let request = ctx.command(None)?;
    let id = GrantId::from_public(id).map_err(not_found)?;
    if id.user != user {
        return Err(Error::NotFound);
    }
    ctx.app().revoke_grant(&request, user, id.client).await
}
