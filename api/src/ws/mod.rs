//! Sockets of agents: `/ws`, a connection that lives as long as its token is accepted.
//!
//! The order of checks on connect is that of verification, then the number of sockets the
//! workspace's plan gives a token. A refusal is an HTTP answer; a browser, which cannot read one,
//! asks with `?errors=close` to be accepted and closed instead.
//!
//! Read in this order: `open`, `carrier`, `session`, `held`.

mod carrier;
mod close;
mod frame;
mod held;
mod open;
mod outgoing;
mod refusal;
mod session;
mod topic;

use axum::{
    Router,
    extract::{Request, ws::WebSocketUpgrade},
    routing::get,
};
use domain::{
    id::{TokenId, WorkspaceId},
    session_token::Via,
    workspace::Workspace,
};

use self::held::{Basis, Held};
pub(crate) use self::{
    close::Close,
    outgoing::{Outgoing, Tenure},
};
use crate::{
    app::App,
    error::Error,
    graphql::{self, Schema},
    live::{Connection, Place},
};

/// The largest message, and frame, that is read.
const LARGEST: usize = 64 * 1024;
/// What a socket reads and writes through; ten thousand of them must fit.
const BUFFER: usize = 4 * 1024;

/// The sockets that are served to the world.
pub fn routes(app: App, schema: Schema) -> Router {
    let agents = app.clone();
    Router::new().route("/ws", get(move |request: Request| open::open(agents, request))).route(
        "/graphql/ws",
        get(move |request: Request| graphql::open_socket(app, schema, request)),
    )
}

/// Counts one more socket of a token in; `None` where its workspace's plan allows no more.
pub(crate) async fn count_in(
    app: &App,
    token: TokenId,
    workspace: WorkspaceId,
) -> Result<Option<Connection>, Error> {
    let loaded = app.folds.get::<Workspace>(workspace).await?;
    let plan = loaded.state.open().ok_or(Error::NotFound)?.plan;
    Ok(app.live.connections().open(token.as_uuid(), app.plan_limits(plan).sockets_per_token))
}

/// Sockets that a page's session token, or a person's login, may have.
const SOCKETS_OF_A_PAGE: u32 = 5;

/// Counts one more socket of a credential in; `None` where it may have no more.
async fn count_held(app: &App, held: &Held) -> Result<Option<Connection>, Error> {
    let id = match held.basis {
        Basis::AgentToken(token) => return count_in(app, token, held.workspace).await,
        Basis::SessionToken(id) => id.as_uuid(),
        Basis::SignedIn(Via::Login(id)) => id.as_uuid(),
        Basis::SignedIn(Via::Family(id)) => id.as_uuid(),
    };
    Ok(app.live.connections().open(id, SOCKETS_OF_A_PAGE))
}

/// A place among this node's sockets.
pub(crate) fn place(app: &App) -> Result<Place, Error> {
    app.live.connections().place().ok_or(Error::Overloaded)
}

/// An upgrade that reads no more than it must.
pub(crate) fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * LARGEST)
}

/// The request is no WebSocket handshake.
pub(crate) fn not_a_socket() -> Error {
    Error::invalid("this address speaks WebSocket only")
}
