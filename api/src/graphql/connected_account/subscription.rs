//! Subscription to connected accounts: every change that concerns their people.

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use domain::role::Permission;
use futures::Stream;

use super::ConnectedAccount;
use crate::{
    app::App,
    error::Error,
    graphql::{
        ask::OrGraphql,
        feed::{self, Feed, News, StreamCaughtUp, StreamLagged, StreamUnreadable},
        scalar::{Cursor, Position},
    },
};

/// A connected account, and what happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ConnectedAccountChange {
    /// Where to resume after this.
    cursor: Cursor,
    position: Position,
    /// `connected`, `refreshed`, `refresh_failed`, `needs_reconnect` or `disconnected`.
    change: String,
    /// As this event left it, never later.
    connected_account: ConnectedAccount,
}

#[derive(Clone, Debug, Union)]
#[expect(clippy::large_enum_variant, reason = "nearly every message is the large one")]
pub(crate) enum ConnectedAccountMessage {
    ConnectedAccountChange(ConnectedAccountChange),
    StreamCaughtUp(StreamCaughtUp),
    StreamLagged(StreamLagged),
    StreamUnreadable(StreamUnreadable),
}

#[derive(Default)]
pub(crate) struct ConnectedAccountSubscription;

#[Subscription]
impl ConnectedAccountSubscription {
    /// What happens to the connected accounts of a workspace, after a cursor or from now on.
    async fn connected_account_changed(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<
        impl Stream<Item = async_graphql::Result<ConnectedAccountMessage>> + use<>,
    > {
        let feed = Feed::open(ctx, workspace_id.as_ref(), Permission::AccountsRead, after).await;
        Ok(feed.or_graphql()?.of(|message| message.account_change().is_some(), change))
    }
}

async fn change(app: App, news: News) -> Result<Option<ConnectedAccountMessage>, Error> {
    let message = match news {
        News::Message(message) => message,
        News::Unreadable(at) => return Ok(Some(ConnectedAccountMessage::StreamUnreadable(at))),
        News::CaughtUp(at) => return Ok(Some(ConnectedAccountMessage::StreamCaughtUp(at))),
        News::Lagged(lag) => return Ok(Some(ConnectedAccountMessage::StreamLagged(lag))),
    };
    let account = message.account(&app.log, &app.vault).await.map_err(feed::view)?;
    let (Some(change), Some(at)) = (message.account_change(), account) else { return Ok(None) };
    Ok(Some(ConnectedAccountMessage::ConnectedAccountChange(ConnectedAccountChange {
        cursor: message.position().into(),
        position: message.position().into(),
        change: change.to_owned(),
        connected_account: ConnectedAccount::opened(at.0, &at.1),
    })))
}
