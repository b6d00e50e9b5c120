//! Projections over GraphQL: how far the read models are.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject, Subscription};
use futures::{Stream, StreamExt, stream};
use projections::{Progress, ProjectionStatus as Status};
use tokio::time::sleep;

use super::{
    ask::{Ask, OrGraphql},
    error::{Refused, UserError, settle},
    scalar::Position,
};

/// How long whoever watches is told nothing new: read models move with every event.
const PAUSE: Duration = Duration::from_secs(1);

/// How far a read model is.
#[derive(Debug, SimpleObject)]
pub(crate) struct ProjectionStatus {
    name: String,
    /// The version that this release fills.
    version: i32,
    /// The version that queries read.
    active_version: i32,
    state: String,
    position: Position,
    /// The log's.
    head: Position,
    /// Null: positions are sparse, and the events between were not counted.
    lag_events: Option<u64>,
    lag_seconds: f64,
    /// Events set aside because they could not be applied.
    dead_letters: u64,
    rebuild_progress: Option<f64>,
}

impl From<Status> for ProjectionStatus {
    fn from(status: Status) -> Self {
        let caught_up = status.position >= status.head;
        Self {
            name: status.name.to_owned(),
            version: status.version,
            active_version: status.active_version.unwrap_or_default(),
            state: status.state.as_str().to_owned(),
            position: status.position.into(),
            head: status.head.into(),
            lag_events: caught_up.then_some(0),
            lag_seconds: status.lag.as_secs_f64(),
            dead_letters: status.dead_letters,
            rebuild_progress: status.rebuild_progress,
        }
    }
}

#[derive(Default)]
pub(crate) struct ProjectionQuery;

#[Object]
impl ProjectionQuery {
    /// The read models, as this node sees them.
    #[expect(clippy::unused_async, reason = "a field of a GraphQL object is")]
    async fn projections(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ProjectionStatus>> {
        ctx.caller().or_graphql()?;
        let statuses = ctx.app().projections.statuses();
        Ok(statuses.into_iter().map(ProjectionStatus::from).collect())
    }
}

#[derive(InputObject)]
pub(crate) struct RebuildProjectionInput {
    /// A name of `projections`.
    name: String,
    client_mutation_id: Option<String>,
}

#[derive(SimpleObject)]
pub(crate) struct RebuildProjectionPayload {
    projection: Option<ProjectionStatus>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct ProjectionMutation;

#[Object]
impl ProjectionMutation {
    /// Builds a read model anew from the log, beside the live one, and swaps it in. Answers when that
    /// is done, and goes on if nobody waits for it; `projections` says how far it is.
    async fn rebuild_projection(
        &self,
        ctx: &Context<'_>,
        input: RebuildProjectionInput,
    ) -> async_graphql::Result<RebuildProjectionPayload> {
        let RebuildProjectionInput { name, client_mutation_id } = input;
        let outcome = rebuild(ctx, name.clone()).await.map_err(Refused::from);
        let user_errors = settle(outcome)?.err().unwrap_or_default();
        let statuses = ctx.app().projections.statuses();
        let projection = statuses.into_iter().find(|status| status.name == name).map(Into::into);
        Ok(RebuildProjectionPayload { projection, user_errors, client_mutation_id })
    }
}

async fn rebuild(ctx: &Context<'_>, name: String) -> Result<(), crate::error::Error> {
    let request = ctx.command(None)?;
    ctx.app().rebuild_projection(&request, name, 0, |_| {}).await.map(drop)
}

#[derive(Default)]
pub(crate) struct ProjectionSubscription;

#[Subscription]
impl ProjectionSubscription {
    /// Each read model as it is now, then those that moved on, once a second at most.
    #[expect(clippy::unused_async, reason = "a field of a GraphQL object is")]
    async fn projection_status(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<impl Stream<Item = ProjectionStatus> + use<>> {
        ctx.caller().or_graphql()?;
        Ok(watch(ctx.app().projections.clone()))
    }
}

fn watch(progress: Progress) -> impl Stream<Item = ProjectionStatus> {
    let changes = stream::unfold((progress, None), |(progress, told)| async move {
        if told.is_some() {
            sleep(PAUSE).await;
        }
        let told: Vec<Status> = told.unwrap_or_default();
        loop {
            let change = progress.changed();
            let known = progress.statuses();
            let is_told = |status: &Status| told.iter().any(|told| is_same(told, status));
            let moved: Vec<_> = known.iter().filter(|it| !is_told(it)).cloned().collect();
            if !moved.is_empty() {
                let moved = stream::iter(moved.into_iter().map(ProjectionStatus::from));
                return Some((moved, (progress, Some(known))));
            }
            change.await;
        }
    });
    changes.flatten().boxed()
}

/// Whether nothing moved but time, and the log's head.
fn is_same(a: &Status, b: &Status) -> bool {
    let what = |it: &Status| {
        (it.name, it.active_version, it.state, it.position, it.dead_letters, it.rebuild_progress)
    };
    what(a) == what(b)
}
