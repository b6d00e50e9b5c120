//! Feed: what happens in a workspace, as one GraphQL subscription reads it.
//!
//! A feed lives as long as its caller may read it: the socket it came by is closed when the
//! permission is lost, and when the client falls behind twice in a short time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{Context, ID, SimpleObject};
use domain::{id::WorkspaceId, role::Permission};
use futures::{Stream, StreamExt, stream};

use super::{
    ask::Ask,
    error::{self, to_graphql},
    scalar::{Cursor, Position},
    socket::{Grant, Socket},
};
use crate::{
    app::{Access, App},
    error::Error,
    live::{Interest, Item, Key, Message, Subscription, ViewError},
    ws::Close,
};

/// A client that falls behind twice within this time is closed.
const LAG_FORGIVEN: Duration = Duration::from_secs(10);

/// Once: what came before was the past, what follows is new.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct StreamCaughtUp {
    /// Where to resume after this.
    cursor: Cursor,
    head: Position,
}

/// The client was too slow, and this many messages were dropped.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct StreamLagged {
    skipped: u64,
    /// Subscribe after this cursor to get what was dropped.
    resume_from: Cursor,
}

/// What lies here can not be read, so it is not known whether it concerns you: ask again for what
/// you show. What follows is not affected.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct StreamUnreadable {
    /// Where to resume after this.
    cursor: Cursor,
    position: Position,
}

/// What a feed brings.
pub(super) enum News {
    Message(Arc<Message>),
    Unreadable(StreamUnreadable),
    CaughtUp(StreamCaughtUp),
    Lagged(StreamLagged),
}

/// The right to a workspace's events, from a cursor on.
pub(super) struct Feed {
    app: App,
    pub(super) access: Access,
    after: Option<store::Position>,
    socket: Option<Arc<Socket>>,
    grant: Option<Grant>,
}

/// A feed under way.
struct Flow<M> {
    app: App,
    subscription: Subscription,
    map: M,
    socket: Option<Arc<Socket>>,
    /// Keeps the permission under watch for as long as the feed flows.
    _grant: Option<Grant>,
    lagged_at: Option<Instant>,
}

impl Feed {
    pub(super) async fn open(
        ctx: &Context<'_>,
        workspace: Option<&ID>,
        permission: Permission,
        after: Option<Cursor>,
    ) -> Result<Self, Error> {
        let (app, asked) = (ctx.app().clone(), ctx.asked());
        let after = error::stream_cursor(after)?;
        let access = ctx.access(workspace, permission).await?;
        let socket = asked.socket.clone();
        let grant = socket.as_ref().map(|socket| socket.grant(access.workspace, permission));
        Ok(Self { app, access, after, socket, grant })
    }

    pub(super) fn workspace(&self) -> WorkspaceId {
        self.access.workspace
    }

    /// Lets the chosen events flow, as `map` tells them.
    pub(super) fn of<T, C, M, F>(
        self,
        choice: C,
        map: M,
    ) -> impl Stream<Item = async_graphql::Result<T>> + use<T, C, M, F>
    where
        C: Fn(&Message) -> bool + Send + Sync + 'static,
        M: Fn(App, News) -> F + Send + 'static,
        F: Future<Output = Result<Option<T>, Error>> + Send,
        T: Send,
    {
        let interest = Interest::new(Key::Tenant(self.workspace()), choice);
        let subscription = self.app.live.subscribe(interest, self.after);
        let Self { app, socket, grant, .. } = self;
        let flow = Flow { app, subscription, map, socket, _grant: grant, lagged_at: None };
        stream::unfold(Some(flow), |flow| async move {
            let mut flow = flow?;
            match flow.next().await {
                Ok(told) => Some((told.map(Ok), Some(flow))),
                // An error is the last thing that a stream tells.
                Err(error) => Some((Some(Err(to_graphql(&error))), None)),
            }
        })
        .filter_map(std::future::ready)
    }
}

impl<M> Flow<M> {
    async fn next<T, F>(&mut self) -> Result<Option<T>, Error>
    where
        M: Fn(App, News) -> F,
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let news = match self.subscription.next().await? {
            Item::Message(message) => News::Message(message),
            Item::Unreadable(at) => {
                News::Unreadable(StreamUnreadable { cursor: at.into(), position: at.into() })
            }
            Item::CaughtUp(at) => {
                News::CaughtUp(StreamCaughtUp { cursor: at.into(), head: at.into() })
            }
            Item::Lagged { skipped, resume_from } => {
                self.lagged();
                News::Lagged(StreamLagged { skipped, resume_from: resume_from.into() })
            }
        };
        (self.map)(self.app.clone(), news).await
    }

    fn lagged(&mut self) {
        let now = Instant::now();
        let again = self.lagged_at.is_some_and(|last| now - last < LAG_FORGIVEN);
        self.lagged_at = Some(now);
        if let (true, Some(socket)) = (again, &self.socket) {
            socket.close(Close::TOO_SLOW);
        }
    }
}

/// A message could not be told.
pub(super) fn view(error: ViewError) -> Error {
    match error {
        ViewError::Log(error) => error.into(),
        ViewError::Vault(error) => error.into(),
    }
}
