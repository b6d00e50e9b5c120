//! `POST /graphql`: one operation, as JSON, by somebody who has said who they are.
//!
//! Nothing else is taken for a request: no GET, no form, no list of operations; which is why the
//! library answers here, but does not read.

use async_graphql_axum::GraphQLResponse;
use axum::{
    extract::{FromRequestParts, Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use store::Position;

use super::{
    Service,
    answer::CREDENTIAL,
    asking::{Anonymous, Authenticated, proof},
    body::{JSON, LARGE, collect, is_of_type, json},
};
use crate::{
    error::Error,
    graphql::{self, Asked},
};

pub(super) async fn graphql(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let app = service.app();
    let nobody = proof(app, &parts.method, &parts.headers)?.is_none();
    let asking = if app.settings.graphql.introspection && nobody {
        // To look at the schema; everything else asks for a caller itself.
        Anonymous::from_request_parts(&mut parts, &service).await?.0
    } else {
        let Authenticated(request) =
            Authenticated::from_request_parts(&mut parts, &service).await?;
        request.caller()?.require_graphql()?;
        request
    };
    if !is_of_type(&parts.headers, JSON) {
        return Err(Error::UnsupportedMediaType);
    }
    let body = collect(&parts.headers, body, LARGE).await?;
    let operation: async_graphql::Request = json(&body)?;
    let persisted = operation.extensions.contains_key("persistedQuery");
    if operation.query.trim().is_empty() && !persisted {
        return Err(Error::invalid("the member `query` is missing"));
    }
    let mut asked = Asked::new(app, asking);
    asked.workspace = text(&parts.headers, "x-workspace").map(str::to_owned);
    asked.at_least = at_least(&parts.headers)?;
    let operation = graphql::request(operation, app, asked);
    let schema = service.0.schema.clone();
    // A query that is cut off costs its connection, and PGlite has one: whoever hangs up, as a
    // browser does that leaves a page, leaves it running to its end.
    let answer = app.uncancelled(async move { Ok(schema.execute(operation).await) }).await?;
    // Any answer may hold the secret of a token.
    Ok((CREDENTIAL, GraphQLResponse::from(answer)).into_response())
}

/// `X-At-Least`: how far the read models must have read.
fn at_least(headers: &HeaderMap) -> Result<Option<Position>, Error> {
    let Some(position) = headers.get("x-at-least") else { return Ok(None) };
    let position = position.to_str().ok().and_then(Position::decode);
    position.map(Some).ok_or_else(|| Error::invalid("X-At-Least is no position of this service"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
