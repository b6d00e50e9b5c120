//! Subscription to the audit: what happens in a workspace, as it happens.

use std::sync::Arc;

use async_graphql::{Context, Subscription, Union};
use domain::role::Permission;
use futures::Stream;
use projections::audit_events::Filter;
use uuid::Uuid;

use super::{AuditEvent, AuditFilter, record, view_begins};
use crate::{
    app::App,
    error::Error,
    graphql::{
        ask::{Ask, OrGraphql},
        feed::{self, Feed, News, StreamCaughtUp, StreamLagged, StreamUnreadable},
        scalar::Cursor,
    },
    live::Message,
};

#[derive(Clone, Debug, Union)]
#[expect(clippy::large_enum_variant, reason = "nearly every message is the large one")]
pub(crate) enum AuditMessage {
    AuditEvent(AuditEvent),
    StreamCaughtUp(StreamCaughtUp),
    StreamLagged(StreamLagged),
    StreamUnreadable(StreamUnreadable),
}

#[derive(Default)]
pub(crate) struct AuditSubscription;

#[Subscription]
impl AuditSubscription {
    /// What happens in the workspace, after a cursor or from now on. Subscribing is itself
    /// recorded, and that event is not delivered here.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        after: Option<Cursor>,
        filter: Option<AuditFilter>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<AuditMessage>> + use<>>
    {
        let feed = Feed::open(ctx, None, Permission::AuditRead, after).await.or_graphql()?;
        let mut filter = filter.unwrap_or_default().parse().or_graphql()?;
        record(ctx, &feed.access, &filter, 0).await.or_graphql()?;
        filter.from = filter.from.max(view_begins(ctx.app(), &feed.access));
        let (filter, own) = (Arc::new(filter), ctx.asked().request.id);
        let wanted =
            move |message: &Message| !is_own_reading(message, own) && chooses(&filter, message);
        Ok(feed.of(wanted, tell))
    }
}

fn is_own_reading(message: &Message, request: Uuid) -> bool {
    message.event.event_type == "audit.read" && message.event.metadata.correlation_id == request
}

/// The same choice as the read model's query makes.
fn chooses(filter: &Filter, message: &Message) -> bool {
    let (event, metadata) = (&message.event, &message.event.metadata);
    let Filter { streams, types, actor, subject, from, to, correlation } = filter;
    (streams.is_empty() || streams.contains(&event.stream))
        && (types.is_empty() || types.contains(&event.event_type))
        && actor.as_ref().is_none_or(|actor| *actor == metadata.actor.id)
        && subject.is_none_or(|subject| message.concerns(subject))
        && from.is_none_or(|from| metadata.occurred_at >= from)
        && to.is_none_or(|to| metadata.occurred_at < to)
        && correlation.is_none_or(|id| metadata.correlation_id == id)
}

async fn tell(app: App, news: News) -> Result<Option<AuditMessage>, Error> {
    let message = match news {
        News::Message(message) => message,
        News::Unreadable(at) => return Ok(Some(AuditMessage::StreamUnreadable(at))),
        News::CaughtUp(at) => return Ok(Some(AuditMessage::StreamCaughtUp(at))),
        News::Lagged(lag) => return Ok(Some(AuditMessage::StreamLagged(lag))),
    };
    let opened = message.opened(&app.vault).await.map_err(feed::view)?;
    Ok(Some(AuditMessage::AuditEvent(AuditEvent::from(&*opened))))
}
