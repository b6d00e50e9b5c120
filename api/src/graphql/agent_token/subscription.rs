//! Subscriptions to agent tokens: revocations, and every change.

use async_graphql::{Context, Enum, ID, SimpleObject, Subscription, Union};
use domain::{agent_token, role::Permission};
use futures::Stream;

use super::AgentToken;
use crate::{
    app::App,
    error::Error,
    graphql::{
        actor::Actor,
        ask::OrGraphql,
        feed::{self, Feed, News, StreamCaughtUp, StreamLagged, StreamUnreadable},
        scalar::{Cursor, DateTime, Position},
    },
    live::{self, Change, Message},
};

/// What kind of credential something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CredentialKind {
    AgentToken,
    TokenFamily,
    /// A login with a browser.
    Session,
    ServiceCredential,
}

impl From<live::CredentialKind> for CredentialKind {
    fn from(kind: live::CredentialKind) -> Self {
        match kind {
            live::CredentialKind::AgentToken => Self::AgentToken,
            live::CredentialKind::ServiceCredential => Self::ServiceCredential,
        }
    }
}

/// A credential that was accepted and is not any more.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct TokenRevocation {
    /// Where to resume after this.
    cursor: Cursor,
    position: Position,
    kind: CredentialKind,
    credential_id: ID,
    /// In whose name it was used.
    subject: Actor,
    workspace_id: Option<ID>,
    reason: String,
    revoked_by: Actor,
    occurred_at: DateTime,
    /// As this event left it, where it is an agent token.
    agent_token: Option<AgentToken>,
}

/// An agent token, and what happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AgentTokenChange {
    /// Where to resume after this.
    cursor: Cursor,
    position: Position,
    /// `created`, `renamed`, `usage_observed`, `rotated` or `revoked`.
    change: String,
    /// As this event left it, never later.
    agent_token: AgentToken,
}

#[derive(Clone, Debug, Union)]
#[expect(clippy::large_enum_variant, reason = "nearly every message is the large one")]
pub(crate) enum TokenRevocationMessage {
    TokenRevocation(TokenRevocation),
    StreamCaughtUp(StreamCaughtUp),
    StreamLagged(StreamLagged),
    StreamUnreadable(StreamUnreadable),
}

#[derive(Clone, Debug, Union)]
#[expect(clippy::large_enum_variant, reason = "nearly every message is the large one")]
pub(crate) enum AgentTokenMessage {
    AgentTokenChange(AgentTokenChange),
    StreamCaughtUp(StreamCaughtUp),
    StreamLagged(StreamLagged),
    StreamUnreadable(StreamUnreadable),
}

#[derive(Default)]
pub(crate) struct AgentTokenSubscription;

#[Subscription]
impl AgentTokenSubscription {
    /// What is revoked in a workspace, after a cursor or from now on.
    async fn token_revocations(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<
        impl Stream<Item = async_graphql::Result<TokenRevocationMessage>> + use<>,
    > {
        let feed = Feed::open(ctx, workspace_id.as_ref(), Permission::TokensRead, after).await;
        Ok(feed.or_graphql()?.of(|message| message.revocation().is_some(), revocation))
    }

    /// What happens to the tokens of a workspace, after a cursor or from now on.
    async fn agent_token_changed(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<AgentTokenMessage>> + use<>>
    {
        let feed = Feed::open(ctx, workspace_id.as_ref(), Permission::TokensRead, after).await;
        Ok(feed.or_graphql()?.of(|message| change_of(message).is_some(), change))
    }
}

/// The name of a change that is told.
fn change_of(message: &Message) -> Option<&'static str> {
    let Change::AgentToken(_, event) = &message.change else { return None };
    match &**event {
        agent_token::Event::Created(_) => Some("created"),
        agent_token::Event::Renamed { .. } => Some("renamed"),
        agent_token::Event::UsageObserved { .. } => Some("usage_observed"),
        agent_token::Event::Rotated { .. } => Some("rotated"),
        agent_token::Event::Revoked { .. } => Some("revoked"),
        agent_token::Event::Abandoned {} | agent_token::Event::Summarised(_) => None,
    }
}

async fn revocation(app: App, news: News) -> Result<Option<TokenRevocationMessage>, Error> {
    let message = match news {
        News::Message(message) => message,
        News::Unreadable(at) => return Ok(Some(TokenRevocationMessage::StreamUnreadable(at))),
        News::CaughtUp(at) => return Ok(Some(TokenRevocationMessage::StreamCaughtUp(at))),
        News::Lagged(lag) => return Ok(Some(TokenRevocationMessage::StreamLagged(lag))),
    };
    let Some(revocation) = message.revocation() else { return Ok(None) };
    let agent_token = token(&app, &message).await?;
    let subject = match &agent_token {
        Some(token) => token.acts_as().into(),
        None => domain::actor::Actor {
            kind: domain::actor::ActorKind::ServiceCredential,
            id: revocation.credential_id.clone(),
        }
        .into(),
    };
    Ok(Some(TokenRevocationMessage::TokenRevocation(TokenRevocation {
        cursor: message.position().into(),
        position: message.position().into(),
        kind: revocation.kind.into(),
        credential_id: revocation.credential_id.into(),
        subject,
        workspace_id: message.event.metadata.workspace_id.map(|id| id.public().into()),
        reason: revocation.reason.to_owned(),
        revoked_by: revocation.revoked_by.into(),
        occurred_at: message.event.metadata.occurred_at.into(),
        agent_token,
    })))
}

async fn change(app: App, news: News) -> Result<Option<AgentTokenMessage>, Error> {
    let message = match news {
        News::Message(message) => message,
        News::Unreadable(at) => return Ok(Some(AgentTokenMessage::StreamUnreadable(at))),
        News::CaughtUp(at) => return Ok(Some(AgentTokenMessage::StreamCaughtUp(at))),
        News::Lagged(lag) => return Ok(Some(AgentTokenMessage::StreamLagged(lag))),
    };
    let (Some(change), Some(agent_token)) = (change_of(&message), token(&app, &message).await?)
    else {
        return Ok(None);
    };
    Ok(Some(AgentTokenMessage::AgentTokenChange(AgentTokenChange {
        cursor: message.position().into(),
        position: message.position().into(),
        change: change.to_owned(),
        agent_token,
    })))
}

async fn token(app: &App, message: &Message) -> Result<Option<AgentToken>, Error> {
    let at = message.token(&app.log, &app.vault).await.map_err(feed::view)?;
    Ok(at.and_then(|at| AgentToken::folded((*at).clone())))
}
