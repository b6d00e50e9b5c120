//! Actors over GraphQL: who did something.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::id::UserId;

use super::ask::{Ask, OrGraphql};

/// Someone who can act.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Actor {
    kind: ActorKind,
    id: ID,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::actor::ActorKind")]
pub(crate) enum ActorKind {
    User,
    AgentToken,
    OauthClient,
    ServiceCredential,
    /// The service itself.
    System,
    /// Whoever runs the service.
    Operator,
}

impl From<domain::actor::Actor> for Actor {
    fn from(actor: domain::actor::Actor) -> Self {
        Self { kind: actor.kind.into(), id: actor.id.into() }
    }
}

impl From<UserId> for Actor {
    fn from(user: UserId) -> Self {
        domain::actor::Actor::user(user).into()
    }
}

#[ComplexObject]
impl Actor {
    /// What people call them, where that is known and not erased.
    async fn label(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        if self.kind != ActorKind::User {
            return Ok(None);
        }
        let Ok(id) = UserId::from_public(&self.id) else { return Ok(None) };
        let user = ctx.asked().users.load_one(id).await.or_graphql()?;
        Ok(user.and_then(|user| user.username))
    }
}
