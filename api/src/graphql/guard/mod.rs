//! Guard: refuses what would cost too much to look at, before anything looks at it.
//!
//! One hook for HTTP and WebSocket alike; the document it parses is handed on, so it is parsed
//! once. The library's own limits stay on behind it.

mod measure;
mod persisted;
#[cfg(test)]
mod tests;
mod text;

use std::{
    any::TypeId,
    sync::{Arc, OnceLock},
};

use async_graphql::{
    Request, Response, ServerError, ServerResult, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest,
        NextSubscribe,
    },
};
use futures::{StreamExt, stream::BoxStream};
use uuid::Uuid;

use self::{
    measure::{Cycle, Measure},
    persisted::Persisted,
};
use super::{Asked, error};
use crate::error::Error;

/// Selections once fragments are expanded.
const NODES: u64 = 1_000;
/// Fields within fields.
const DEPTH: u64 = 12;
const ALIASES: u64 = 15;
const ROOTS: u64 = 10;
pub(super) const DIRECTIVES: usize = 8;
const SENSITIVE: u64 = 1;
/// Bytes of the variables, as JSON.
const VARIABLES: usize = 8 * 1024;

#[derive(Default)]
pub(super) struct Guard {
    persisted: Persisted,
}

impl ExtensionFactory for Guard {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Watch { persisted: self.persisted.clone(), request: Arc::default() })
    }
}

/// The guard over one operation.
struct Watch {
    persisted: Persisted,
    /// The request it belongs to, once that is known.
    request: Arc<OnceLock<Uuid>>,
}

#[async_trait::async_trait]
impl Extension for Watch {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let response = next.run(ctx).await;
        error::finish(response, self.request.get().copied())
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let request = Arc::clone(&self.request);
        let finish = move |response| error::finish(response, request.get().copied());
        next.run(ctx, stream).map(finish).boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let asked = request.data.get(&TypeId::of::<Asked>());
        if let Some(asked) = asked.and_then(|asked| asked.downcast_ref::<Asked>()) {
            let _ = self.request.set(asked.request.id);
        }
        let digest = self.persisted.find(&mut request)?;
        check(&mut request)?;
        if let Some(digest) = digest {
            self.persisted.keep(digest, &request.query);
        }
        next.run(ctx, request).await
    }
}

fn check(request: &mut Request) -> ServerResult<()> {
    text::check(&request.query).map_err(|too_much| match too_much {
        text::TooMuch::Length => refusal("the document is longer than 16 KiB"),
        text::TooMuch::Nesting => refusal("the document is nested too deep"),
    })?;
    if is_longer(&request.variables, VARIABLES) {
        return Err(refusal("the variables are longer than 8 KiB"));
    }
    let (measure, _) = measure::measure(request.parsed_query()?)
        .map_err(|Cycle| refusal("a fragment spreads itself"))?;
    within_limits(&measure).map_err(refusal)
}

fn within_limits(measure: &Measure) -> Result<(), &'static str> {
    let limits = [
        (measure.nodes, NODES, "more than 1000 selections"),
        (measure.depth, DEPTH, "more than 12 fields within each other"),
        (measure.aliases, ALIASES, "more than 15 aliases"),
        (measure.roots, ROOTS, "more than 10 fields at the top"),
        (measure.directives, DIRECTIVES as u64, "more than 8 directives"),
        (measure.sensitive, SENSITIVE, "more than one mutation that concerns a secret"),
    ];
    match limits.iter().find(|(measured, limit, _)| measured > limit) {
        Some((_, _, what)) => Err(what),
        None => Ok(()),
    }
}

/// Tells whether the variables take more than `limit` bytes, without writing them anywhere.
fn is_longer(variables: &Variables, limit: usize) -> bool {
    struct Budget(usize);
    impl std::io::Write for Budget {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Budget(limit), variables).is_err()
}

fn refusal(what: &'static str) -> ServerError {
    error::to_graphql(&Error::TooComplex(what.into()))
        .into_server_error(async_graphql::Pos::default())
}
