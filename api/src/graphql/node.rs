//! Nodes: whatever has a global id, by it.

use async_graphql::{Context, ID, Interface, Object};
use domain::{
    id::{ConnectedAccountId, TokenId, UserId, WorkspaceId},
    pairing::PairingId,
};

use super::{
    agent_token::{self, AgentToken},
    ask::{Ask, OrGraphql},
    audit::{self, AuditEvent},
    connected_account::{self, ConnectedAccount},
    pairing::{self, PairingCode},
    user::User,
    workspace::{self, Workspace},
};
use crate::error::Error;

/// The most ids that one list may name.
const MOST: usize = 100;

/// Whatever has a global id.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID"))]
pub(crate) enum Node {
    AgentToken(AgentToken),
    AuditEvent(AuditEvent),
    ConnectedAccount(ConnectedAccount),
    PairingCode(PairingCode),
    User(User),
    Workspace(Workspace),
}

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What has this id; null if there is none, or none that the caller may read.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<Node>> {
        find(ctx, &id).await.or_graphql()
    }

    /// The same for a list.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        ids: Vec<ID>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > MOST {
            return Err(Error::invalid("at most 100 ids at a time")).or_graphql();
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(find(ctx, id).await.or_graphql()?);
        }
        Ok(nodes)
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Error> {
    ctx.caller()?;
    match readable(ctx, id).await {
        Ok(node) => Ok(Some(node)),
        Err(Error::NotFound | Error::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn readable(ctx: &Context<'_>, id: &ID) -> Result<Node, Error> {
    if TokenId::from_public(id).is_ok() {
        agent_token::readable(ctx, id).await.map(Node::AgentToken)
    } else if WorkspaceId::from_public(id).is_ok() {
        workspace::readable(ctx, Some(id), None).await.map(Node::Workspace)
    } else if ConnectedAccountId::from_public(id).is_ok() {
        connected_account::readable(ctx, id).await.map(Node::ConnectedAccount)
    } else if let Ok(pairing) = PairingId::from_public(id) {
        pairing::readable(ctx, pairing).await.map(Node::PairingCode)
    } else if let Ok(user) = UserId::from_public(id) {
        person(ctx, user).await.map(Node::User)
    } else {
        audit::readable(ctx, id).await.map(Node::AuditEvent)
    }
}

/// Finds a person: the caller, or a member of the workspace that the request is about.
async fn person(ctx: &Context<'_>, id: UserId) -> Result<User, Error> {
    let caller = ctx.caller()?;
    if caller.user() != Some(id) {
        let access = ctx.app().membership(caller, ctx.workspace_id(None)?).await?;
        access.open().role_of(id).ok_or(Error::NotFound)?;
    }
    ctx.settled("users", None).await?;
    let user = ctx.asked().users.load_one(id).await?;
    user.map(User::from).ok_or(Error::NotFound)
}
