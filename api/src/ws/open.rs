//! Open: a request to become an agent's socket, accepted or refused.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, Request,
        ws::{Message as Frame, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use domain::Secret;
use futures::{StreamExt, stream::SplitStream};
use store::random;
use tokio::time;

use super::{
    Close, Outgoing,
    carrier::{Ambiguous, Carried},
    frame::{self, Incoming},
    held::Held,
    refusal::Refusal,
    session::Session,
};
use crate::{
    app::{App, ClientInfo},
    error::Error,
    http::{Arrival, client_of},
    live::{Connection, Place},
    origin,
};

/// How long a client that brought no token may take to say who it is.
const AUTH: Duration = Duration::from_secs(5);

/// Answers `GET /ws`.
pub(super) async fn open(app: App, request: Request) -> Result<Response, Error> {
    let (mut parts, _) = request.into_parts();
    let arrival = Arrival::of(&parts)?;
    origin::check(&app, &parts.headers)?;
    let carried = Carried::read(&parts.uri, &parts.headers);
    let errors_close = carried.as_ref().is_ok_and(|carried| carried.errors_close);
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let mut upgrade = super::bounded(upgrade.map_err(|_| super::not_a_socket())?);
    let place = super::place(&app)?;
    let client = client_of(arrival.ip, &parts.headers);
    if let Some(protocol) = carried.as_ref().ok().and_then(|carried| carried.protocol.clone()) {
        upgrade.set_selected_protocol(protocol);
    }
    let accepted = match carried {
        Ok(Carried { token: Some(token), .. }) => admit(&app, token, &client).await.map(Some),
        Ok(Carried { token: None, .. }) => Ok(None),
        Err(Ambiguous) => Err(Refusal::ambiguous()),
    };
    match accepted {
        Ok(admitted) => Ok(upgraded(upgrade, Visit { app, client, place }, Ok(admitted))),
        Err(refusal) if errors_close => {
            Ok(upgraded(upgrade, Visit { app, client, place }, Err(refusal.close)))
        }
        Err(refusal) => Err(refusal.error),
    }
}

/// Someone at the door.
struct Visit {
    app: App,
    client: ClientInfo,
    place: Place,
}

type Admitted = (Held, Connection);

async fn admit(app: &App, token: Secret<String>, client: &ClientInfo) -> Result<Admitted, Refusal> {
    let held = Held::take(app, token, client.ip).await?;
    let connection = super::count_held(app, &held).await?;
    Ok((held, connection.ok_or_else(Refusal::TOO_MANY)?))
}

fn upgraded(
    upgrade: WebSocketUpgrade,
    visit: Visit,
    admitted: Result<Option<Admitted>, Close>,
) -> Response {
    let tasks = visit.app.live.connections().tasks().clone();
    upgrade.on_upgrade(move |socket| {
        tasks.track_future(async move {
            let (sink, incoming) = socket.split();
            let out = Outgoing::new(sink);
            match admitted {
                Ok(admitted) => receive(visit, admitted, out, incoming).await,
                Err(why) => out.close(why, Some(frame::closing(why))).await,
            }
        })
    })
}

async fn receive(
    visit: Visit,
    admitted: Option<Admitted>,
    out: Outgoing,
    mut incoming: SplitStream<WebSocket>,
) {
    let Visit { app, client, place } = visit;
    let admitted = match admitted {
        Some(admitted) => Ok(admitted),
        None => introduce(&app, &client, &mut incoming).await,
    };
    match admitted {
        Ok((held, connection)) => {
            let id = random::uuid();
            Session { app, client, out, incoming, held, connection, id }.run().await;
        }
        Err(why) => out.close(why, Some(frame::closing(why))).await,
    }
    drop(place);
}

/// Waits for the frame that says who it is.
async fn introduce(
    app: &App,
    client: &ClientInfo,
    incoming: &mut SplitStream<WebSocket>,
) -> Result<Admitted, Close> {
    let token = tokio::select! {
        () = app.live.stopping().cancelled() => return Err(Close::RESTART),
        token = time::timeout(AUTH, first(incoming)) => token.unwrap_or(Err(Close::INIT_TIMEOUT))?,
    };
    admit(app, token, client).await.map_err(|refusal| refusal.close)
}

async fn first(incoming: &mut SplitStream<WebSocket>) -> Result<Secret<String>, Close> {
    loop {
        match incoming.next().await {
            Some(Ok(Frame::Text(text))) => match Incoming::parse(&text) {
                Some(Incoming::Auth { token }) => return Ok(token),
                Some(_) => return Err(Close::UNAUTHENTICATED),
                None => return Err(Close::BAD_MESSAGE),
            },
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
            Some(Ok(Frame::Binary(_))) => return Err(Close::BAD_MESSAGE),
            Some(Err(error)) => return Err(Close::for_broken(error)),
            Some(Ok(Frame::Close(_))) | None => return Err(Close::GONE),
        }
    }
}
