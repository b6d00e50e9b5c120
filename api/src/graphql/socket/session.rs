//! Session: one open GraphQL socket, from its `connection_init` to its close.
//!
//! As with `/ws`, whatever it does races with the credential's denial and the node's shutdown, and
//! before each delivery the denial is looked at first.

use std::{sync::Arc, time::Duration};

use async_graphql::{Response, ServerError};
use axum::extract::ws::{Message as Frame, WebSocket};
use domain::Secret;
use futures::{
    StreamExt,
    stream::{self, BoxStream, SplitStream},
};
use store::random;
use tokio::time::{self, Instant, MissedTickBehavior};
use tokio_stream::StreamMap;

use super::{
    Socket,
    credential::Credential,
    protocol::{self, Credentials, Incoming, Operation, OperationId},
};
use crate::{
    app::{App, ClientInfo, Request, Who, bearer::Proof},
    error::Error,
    graphql::{Asked, Schema, error::to_graphql},
    live::Connection,
    ws::{self, Close, Outgoing, Tenure},
};

/// How long the client may take to say who it is.
const INIT: Duration = Duration::from_secs(3);
/// How often the server asks whether the client is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// So many questions without a sign of life end the socket.
const MISSED: u32 = 2;
/// Operations at once on one socket.
const OPERATIONS: usize = 20;

/// A socket that was accepted, before anyone said who they are.
pub(super) struct Opened {
    pub(super) app: App,
    pub(super) schema: Schema,
    pub(super) client: ClientInfo,
    /// What the opening request brought, for a client that says nothing else: the session token
    /// of a page, or the cookie of a login.
    pub(super) brought: Option<Proof>,
    /// `X-Workspace` of the opening request.
    pub(super) workspace: Option<String>,
    pub(super) out: Outgoing,
    pub(super) incoming: SplitStream<WebSocket>,
}

struct Session {
    app: App,
    schema: Schema,
    client: ClientInfo,
    workspace: Option<String>,
    out: Outgoing,
    incoming: SplitStream<WebSocket>,
    credential: Credential,
    socket: Arc<Socket>,
    /// Counts the socket, where it is an agent's.
    _connection: Option<Connection>,
}

/// The answers to one operation, then `None` once it is complete.
type Answers = BoxStream<'static, Option<Response>>;

#[derive(Default)]
struct State {
    operations: StreamMap<OperationId, Answers>,
    /// Those that have answered.
    begun: Vec<OperationId>,
    missed: u32,
}

impl Opened {
    pub(super) async fn run(mut self) {
        let stop = self.app.live.stopping().clone();
        let init = tokio::select! {
            () = stop.cancelled() => Err(Close::RESTART),
            init = time::timeout(INIT, first(&mut self.incoming)) => {
                init.unwrap_or(Err(Close::INIT_TIMEOUT))
            }
        };
        let (session, why) = match init {
            Ok(credentials) => match self.begin(credentials).await {
                Ok(session) => session.run().await,
                Err((out, why)) => (out, why),
            },
            Err(why) => (self.out, why),
        };
        session.close(why, None).await;
    }

    async fn begin(self, credentials: Credentials) -> Result<Session, (Outgoing, Close)> {
        let Some(proof) = credentials.bearer().map(proof_of).or_else(|| self.brought.clone())
        else {
            return Err((self.out, Close::UNAUTHENTICATED));
        };
        let socket = Arc::new(Socket::default());
        let taken = Credential::take(&self.app, proof, self.client.clone(), Arc::clone(&socket));
        let credential = match taken.await {
            Ok(credential) => credential,
            Err(error) => return Err((self.out, Close::for_error(&error))),
        };
        let connection = match count_in(&self.app, &credential).await {
            Ok(connection) => connection,
            Err(why) => return Err((self.out, why)),
        };
        let Self { app, schema, client, workspace, out, incoming, .. } = self;
        let workspace = credentials.workspace.or(workspace);
        Ok(Session {
            app,
            schema,
            client,
            workspace,
            out,
            incoming,
            credential,
            socket,
            _connection: connection,
        })
    }
}

/// On a socket, a session token is as good as any other bearer credential.
fn proof_of(text: Secret<String>) -> Proof {
    if text.expose().starts_with("nxs_") { Proof::Session(text) } else { Proof::Bearer(text) }
}

/// Waits for `connection_init`.
async fn first(incoming: &mut SplitStream<WebSocket>) -> Result<Credentials, Close> {
    loop {
        match incoming.next().await {
            Some(Ok(Frame::Text(text))) => match Incoming::parse(&text) {
                Some(Incoming::ConnectionInit { payload }) => {
                    return Ok(payload.unwrap_or_default());
                }
                Some(Incoming::Subscribe { .. }) => return Err(Close::UNAUTHENTICATED),
                Some(_) => {}
                None => return Err(Close::BAD_MESSAGE),
            },
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
            Some(Ok(Frame::Binary(_))) => return Err(Close::BAD_MESSAGE),
            Some(Err(error)) => return Err(Close::for_broken(error)),
            Some(Ok(Frame::Close(_))) | None => return Err(Close::GONE),
        }
    }
}

/// Counts an agent's socket in, as `/ws` does.
async fn count_in(app: &App, credential: &Credential) -> Result<Option<Connection>, Close> {
    let Who::AgentToken { id, workspace, .. } = &credential.caller.who else { return Ok(None) };
    let counted =
        ws::count_in(app, *id, *workspace).await.map_err(|error| Close::for_error(&error))?;
    counted.map(Some).ok_or(Close::TOO_MANY_CONNECTIONS)
}

impl Session {
    async fn run(mut self) -> (Outgoing, Close) {
        let why = self.talk().await;
        (self.out, why)
    }

    async fn talk(&mut self) -> Close {
        let mut state = State::default();
        let mut keep_alive = time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.app.live.stopping().clone();
        let ack = protocol::ack(self.app.live.position(), self.credential.caller.until);
        if let Err(why) = self.say(ack).await {
            return why;
        }
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Close::RESTART,
                why = self.credential.denied(&self.app) => return why,
                received = self.incoming.next() => match received {
                    Some(Ok(received)) => self.receive(&mut state, received).await,
                    Some(Err(error)) => return Close::for_broken(error),
                    None => return Close::GONE,
                },
                Some((id, answer)) = state.operations.next() => {
                    self.answer(&mut state, id, answer).await
                }
                _ = keep_alive.tick() => self.ask_for_life(&mut state).await,
            };
            if let Err(why) = outcome {
                return why;
            }
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Close> {
        self.out.say(text, &mut self.credential, &self.app).await
    }

    async fn receive(&mut self, state: &mut State, received: Frame) -> Result<(), Close> {
        state.missed = 0;
        let text = match received {
            Frame::Text(text) => text,
            Frame::Ping(_) | Frame::Pong(_) => return Ok(()), // Answered below us.
            Frame::Binary(_) => return Err(Close::BAD_MESSAGE),
            Frame::Close(_) => return Err(Close::GONE),
        };
        match Incoming::parse(&text).ok_or(Close::BAD_MESSAGE)? {
            Incoming::ConnectionInit { .. } => Err(Close::TOO_MANY_INITS),
            Incoming::Ping { payload } => {
                let renewal = payload.as_ref().and_then(Credentials::bearer);
                self.pong(renewal).await
            }
            Incoming::Pong {} => Ok(()),
            Incoming::Subscribe { id, payload } => self.begin(state, id, payload).await,
            Incoming::Complete { id } => {
                state.forget(&id);
                Ok(())
            }
        }
    }

    async fn pong(&mut self, renewal: Option<Secret<String>>) -> Result<(), Close> {
        let Some(text) = renewal else { return self.say(protocol::pong()).await };
        self.credential.renew(&self.app, proof_of(text)).await?;
        self.say(protocol::renewed(self.credential.caller.until)).await
    }

    async fn begin(
        &mut self,
        state: &mut State,
        id: OperationId,
        operation: Operation,
    ) -> Result<(), Close> {
        if state.operations.contains_key(&id) {
            return Err(Close::SUBSCRIBER_EXISTS);
        }
        if state.operations.len() >= OPERATIONS {
            let error = to_graphql(&Error::RateLimited { retry_after: KEEP_ALIVE, policy: None });
            let error: ServerError = error.into_server_error(async_graphql::Pos::default());
            return self.say(protocol::error(&id, &[error])).await;
        }
        let answers = self.schema.execute_stream(self.request(operation));
        let complete = stream::once(std::future::ready(None));
        state.operations.insert(id, answers.map(Some).chain(complete).boxed());
        Ok(())
    }

    fn request(&self, operation: Operation) -> async_graphql::Request {
        let mut asked = Asked::new(
            &self.app,
            Request {
                id: random::uuid(),
                caller: Some(self.credential.caller.clone()),
                client: self.client.clone(),
                idempotency_key: None,
            },
        );
        asked.workspace.clone_from(&self.workspace);
        asked.socket = Some(Arc::clone(&self.socket));
        let mut request = async_graphql::Request::new(operation.query)
            .variables(operation.variables.unwrap_or_default())
            .data(asked);
        request.operation_name = operation.name;
        request
    }

    async fn answer(
        &mut self,
        state: &mut State,
        id: OperationId,
        answer: Option<Response>,
    ) -> Result<(), Close> {
        let Some(response) = answer else {
            state.forget(&id);
            return self.say(protocol::complete(&id)).await;
        };
        let is_first = !state.begun.contains(&id);
        let (text, ends) = protocol::answer(&id, &response, is_first);
        if ends {
            state.forget(&id);
        } else if is_first {
            state.begun.push(id);
        }
        self.say(text).await
    }

    async fn ask_for_life(&mut self, state: &mut State) -> Result<(), Close> {
        if state.missed >= MISSED {
            return Err(Close::GONE);
        }
        state.missed += 1;
        self.say(protocol::ping()).await
    }
}

impl State {
    fn forget(&mut self, id: &OperationId) {
        self.operations.remove(id);
        self.begun.retain(|known| known != id);
    }
}
