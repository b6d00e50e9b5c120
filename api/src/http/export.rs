//! `GET /audit/export`: the history of a workspace as it lies in the log, an event a line.
//!
//! What is personal stays sealed. A transfer that ends badly was cut off; `after`, the position of
//! the last whole line, goes on behind it.

use axum::{
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use store::Position;

use super::{Service, asking::Authenticated};
use crate::{
    app::{
        App, Request,
        audit::{Export, Filter},
    },
    error::Error,
};

/// Bytes that are handed on at once, about.
const PIECE: usize = 32 * 1024;

#[derive(Deserialize)]
pub(super) struct Wanted {
    workspace: Option<String>,
    after: Option<String>,
    format: Option<String>,
}

pub(super) async fn export(
    State(service): State<Service>,
    Authenticated(request): Authenticated,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(wanted) = wanted.map_err(|_| Error::invalid("a parameter is repeated"))?;
    if wanted.format.is_some_and(|format| format != "ndjson") {
        return Err(Error::invalid("there is no other format than ndjson"));
    }
    let position = |text: String| {
        Position::decode(&text).ok_or_else(|| Error::invalid("`after` is no position of this log"))
    };
    let after = wanted.after.map(position).transpose()?;
    let caller = request.caller()?;
    caller.require_graphql()?;
    let workspace = caller.workspace(wanted.workspace.as_deref())?;
    let app = service.app().clone();
    let filter = Filter { workspace: Some(workspace), ..Filter::default() };
    let export = app.export(&request, filter, after, false).await?;
    let transfer = Transfer { app, request, export: Some(export) };
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_DISPOSITION, "attachment; filename=\"history.ndjson\""),
        (CACHE_CONTROL, "no-store"),
    ];
    let pieces = stream::try_unfold(transfer, |mut transfer| async {
        let piece = transfer.next().await.inspect_err(Error::log)?;
        Ok::<_, Error>(piece.map(|piece| (piece, transfer)))
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// An export on its way to whoever asked.
struct Transfer {
    app: App,
    request: Request,
    /// Until it is recorded.
    export: Option<Export>,
}

impl Transfer {
    /// Returns some lines; `None` at the end, once it is recorded.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(export) = &mut self.export else { return Ok(None) };
        let stopping = self.app.live.stopping().clone();
        let mut piece = String::new();
        while piece.len() < PIECE {
            let line = stopping.run_until_cancelled(export.next(&self.app)).await;
            let Some(line) =
                line.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("stopping")))??
            else {
                break;
            };
            piece.push_str(&line.to_string());
            piece.push('\n');
        }
        if piece.is_empty()
            && let Some(export) = self.export.take()
        {
            export.record(&self.app, &self.request).await?;
            return Ok(None);
        }
        Ok(Some(piece.into()))
    }
}

/// What was handed out was handed out, also to whoever hung up.
impl Drop for Transfer {
    fn drop(&mut self) {
        let Some(export) = self.export.take() else { return };
        let (app, request) = (self.app.clone(), self.request.clone());
        tokio::spawn(async move { export.record(&app, &request).await.inspect_err(Error::log) });
    }
}
