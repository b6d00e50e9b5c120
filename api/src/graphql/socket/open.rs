//! Open: a request to become a GraphQL socket, accepted or refused.

use axum::{
    extract::{FromRequestParts, Request, ws::WebSocketUpgrade},
    response::{IntoResponse, Response},
};
use domain::Secret;
use futures::StreamExt;
use http::Uri;

use super::{protocol, session::Opened};
use crate::{
    app::{App, bearer::Proof},
    error::Error,
    graphql::Schema,
    http::{Arrival, LoginCookie, client_of},
    origin,
    ws::{self, Close, Outgoing},
};

/// Answers `GET /graphql/ws`.
pub(crate) async fn open(app: App, schema: Schema, request: Request) -> Result<Response, Error> {
    let (mut parts, _) = request.into_parts();
    let arrival = Arrival::of(&parts)?;
    origin::check(&app, &parts.headers)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = ws::bounded(upgrade.map_err(|_| ws::not_a_socket())?);
    let upgrade = upgrade.protocols([protocol::NAME]);
    let agreed = upgrade.selected_protocol().is_some();
    let workspace = parts.headers.get("x-workspace").and_then(|name| name.to_str().ok());
    // A browser's own socket needs no other credential; who else sends a cookie is not believed.
    let cookie = LoginCookie::of(&app).read(&parts.headers);
    let cookie = cookie.filter(|_| origin::require(&app, &parts.headers).is_ok());
    let brought = session_token(&parts.uri)?.map(Proof::Session).or(cookie.map(Proof::Cookie));
    let (client, workspace) = (client_of(arrival.ip, &parts.headers), workspace.map(str::to_owned));
    let place = ws::place(&app)?;
    let tasks = app.live.connections().tasks().clone();
    Ok(upgrade
        .on_upgrade(move |socket| {
            tasks.track_future(async move {
                let (sink, incoming) = socket.split();
                let out = Outgoing::new(sink);
                if agreed {
                    Opened { app, schema, client, brought, workspace, out, incoming }.run().await;
                } else {
                    out.close(Close::SUBPROTOCOL, None).await;
                }
                drop(place);
            })
        })
        .into_response())
}

/// Reads `?token=`, which carries the session token of a page and nothing else.
fn session_token(uri: &Uri) -> Result<Option<Secret<String>>, Error> {
    let query = uri.query().unwrap_or_default();
    let mut tokens = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "token")
        .map(|(_, value)| Secret::new(value.into_owned()));
    let token = tokens.next();
    if tokens.next().is_some() {
        return Err(Error::invalid("a socket is opened with one token, in one place"));
    }
    Ok(token)
}
