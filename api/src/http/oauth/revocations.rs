//! `GET /oauth/revocations`: what ended, for services that verify access tokens by themselves.
//!
//! A page as NDJSON, its signature in a header; or, asked for as `text/event-stream`, page after
//! page for as long as the service listens. A page without entries says that there were none.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderMap, HeaderName,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response, Sse, sse::Event},
};
use domain::{Secret, scope::ServiceScope};
use futures::{Stream, StreamExt as _, stream};
use store::Position;
use tokio::time::{self, Instant};

use super::{
    super::{Service, asking::bearer},
    form::pairs,
};
use crate::{
    app::{App, oauth::feed::Page},
    error::Error,
};

const JWS: HeaderName = HeaderName::from_static("x-jws-signature");
/// How often a listener is told that there is nothing new.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What ends within this time of something else comes with it.
const GATHERING: Duration = Duration::from_millis(20);

/// Somebody who listens.
struct Listener {
    app: App,
    credential: Secret<String>,
    after: Option<Position>,
}

pub(super) async fn feed(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let app = service.app().clone();
    let credential = bearer(&headers).ok_or(Error::Unauthenticated)?;
    let credential = Secret::new(credential.to_owned());
    let streams = headers.get(ACCEPT).is_some_and(|it| it == "text/event-stream");
    let after = match headers.get("last-event-id").filter(|it| streams && !it.is_empty()) {
        Some(last) => Some(cursor(last.to_str().unwrap_or_default())?),
        None => after(query.as_deref().unwrap_or_default())?,
    };
    let mut listener = Listener { app, credential, after };
    // Whatever is wrong is said while it can be said by a status.
    let page = listener.page(true).await?.ok_or(Error::StaleRead { position: None })?;
    let uncached = (CACHE_CONTROL, "no-store");
    if streams {
        let first = stream::iter([Ok(event(&page))]);
        let events = Sse::new(first.chain(listener.pages()));
        return Ok(([uncached], events).into_response());
    }
    let headers = [uncached, (CONTENT_TYPE, "application/x-ndjson")];
    Ok((headers, [(JWS, page.signature)], page.text).into_response())
}

impl Listener {
    /// Looks for a page; one without entries only where it is wanted.
    async fn page(&mut self, even_empty: bool) -> Result<Option<Page>, Error> {
        // Bound to a workspace it may not know of the others.
        let scope = ServiceScope::TokensVerify;
        if self.app.service_with(self.credential.expose(), scope).await?.is_some() {
            return Err(Error::Forbidden { permission: scope.as_str() });
        }
        let page = self.app.revocations_page(self.after, even_empty).await?;
        if let Some(page) = &page {
            self.after = page.next;
        }
        Ok(page)
    }

    /// Page after page, until the service stops or something is wrong: then the listener comes
    /// back, and is told what.
    fn pages(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async {
            let page = listener.next().await?;
            Some((Ok(event(&page)), listener))
        })
    }

    async fn next(&mut self) -> Option<Page> {
        let stopping = self.app.live.stopping().clone();
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            // Watched from before the look, so that nothing falls in between.
            let changed = self.app.projections.changed();
            let page = self.page(Instant::now() >= heartbeat).await;
            if let Some(page) = page.inspect_err(Error::log).ok()? {
                return Some(page);
            }
            let moved = stopping.run_until_cancelled(time::timeout_at(heartbeat, changed));
            if moved.await?.is_ok() {
                time::sleep(GATHERING).await;
            }
        }
    }
}

fn event(page: &Page) -> Event {
    let next = page.next.map(Position::encode).unwrap_or_default();
    let data = format!("{}\n{}", page.signature, page.text);
    Event::default().event("revocations").id(next).data(data.trim_end_matches('\n'))
}

fn after(query: &str) -> Result<Option<Position>, Error> {
    let mut named = pairs(query.as_bytes())?.into_iter().filter(|(name, _)| name == "after");
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some((_, text)), None) => cursor(&text).map(Some),
        (Some(_), Some(_)) => Err(Error::invalid("a parameter is repeated")),
    }
}

fn cursor(text: &str) -> Result<Position, Error> {
    Position::decode(text).ok_or_else(|| Error::invalid("`after` is no cursor of this feed"))
}
