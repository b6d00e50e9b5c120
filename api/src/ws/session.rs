//! Session: one open `/ws` socket, from its hello to its close.
//!
//! One task a socket, and one thing at a time: whatever it does, it races with the token's denial
//! and the node's shutdown, so a peer that does not read cannot outlive its token. Before each
//! delivery the denial is looked at first, so nothing from after a revocation is delivered.

use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket};
use futures::{StreamExt, stream::SplitStream};
use serde_json::json;
use store::Unavailable;
use tokio::time::{self, Instant, Interval, MissedTickBehavior};
use tokio_stream::StreamMap;
use uuid::Uuid;

use super::{
    Close, Outgoing, Tenure,
    frame::{self, Incoming, SubscriptionId},
    held::{Held, Refused},
    topic::{Items, Topic},
};
use crate::{
    app::{App, ClientInfo},
    live::{Connection, Item},
};

/// How often the server asks whether the client is still there, in seconds.
const HEARTBEAT_S: u64 = 30;
/// So many heartbeats without a sign of life end the socket.
const MISSED: u32 = 2;
/// Subscriptions a socket may hold.
const SUBSCRIPTIONS: usize = 20;
/// A client that falls behind twice within this time is closed.
const LAG_FORGIVEN: Duration = Duration::from_secs(10);
/// How long before its token ends a holder is told.
const WARNING: Duration = Duration::from_mins(1);

pub(super) struct Session {
    pub(super) app: App,
    pub(super) client: ClientInfo,
    pub(super) out: Outgoing,
    pub(super) incoming: SplitStream<WebSocket>,
    pub(super) held: Held,
    /// Counts the socket; swapped with the token.
    pub(super) connection: Connection,
    pub(super) id: Uuid,
}

/// What the loop keeps of a session.
#[derive(Default)]
struct State {
    topics: StreamMap<SubscriptionId, Items>,
    kinds: Vec<(SubscriptionId, Topic)>,
    missed: u32,
    lagged_at: Option<Instant>,
    /// The end that the holder was told of.
    warned: Option<domain::Time>,
}

impl Session {
    pub(super) async fn run(mut self) {
        let why = self.talk().await;
        self.out.close(why, Some(frame::closing(why))).await;
    }

    async fn talk(&mut self) -> Close {
        let mut state = State::default();
        let mut heartbeat = heartbeat();
        if let Err(why) = self.hello().await {
            return why;
        }
        loop {
            let warning = self.until_warning(&state);
            let stop = self.app.live.stopping().clone();
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Close::RESTART,
                why = self.held.denied(&self.app) => return why,
                received = self.incoming.next() => match received {
                    Some(Ok(received)) => self.receive(&mut state, received).await,
                    Some(Err(error)) => return Close::for_broken(error),
                    None => return Close::GONE,
                },
                Some((id, item)) = state.topics.next() => self.deliver(&mut state, id, item).await,
                () = time::sleep(warning.unwrap_or(Duration::MAX)), if warning.is_some() => {
                    self.warn(&mut state).await
                }
                _ = heartbeat.tick() => self.beat(&mut state).await,
            };
            if let Err(why) = outcome {
                return why;
            }
        }
    }

    async fn hello(&mut self) -> Result<(), Close> {
        let hello = json!({
            "type": "hello",
            "connection_id": self.id,
            "token_id": self.held.basis.public(),
            "workspace_id": self.held.workspace.public(),
            "expires_at": self.held.ends_at,
            "heartbeat_s": HEARTBEAT_S,
            "resume": self.app.live.position(),
        });
        self.say(hello.to_string()).await
    }

    async fn say(&mut self, text: String) -> Result<(), Close> {
        self.out.say(text, &mut self.held, &self.app).await
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
            Incoming::Ping { t } => self.say(frame::pong(&t)).await,
            Incoming::Pong {} => Ok(()),
            Incoming::Auth { .. } => self.say(frame::error(None, "already_authenticated")).await,
            Incoming::Reauth { token } => self.swap(state, token).await,
            Incoming::Subscribe { id, topic, after } => {
                match self.subscribe(state, &id, &topic, after.as_deref()).await {
                    Ok(()) => self.say(frame::subscribed(&id)).await,
                    Err(code) => self.say(frame::error(Some(&id), code)).await,
                }
            }
        }
    }

    async fn subscribe(
        &mut self,
        state: &mut State,
        id: &SubscriptionId,
        topic: &str,
        after: Option<&str>,
    ) -> Result<(), &'static str> {
        let topic: Topic = topic.parse().map_err(|_| "unknown_topic")?;
        let after = after.map(|cursor| store::Position::decode(cursor).ok_or("bad_cursor"));
        if state.topics.contains_key(id) {
            return Err("subscriber_exists");
        }
        if state.topics.len() >= SUBSCRIPTIONS {
            return Err("too_many_subscriptions");
        }
        let after = after.transpose()?;
        topic.permit(&self.app, &self.held).await?;
        self.held.needs.extend(topic.needs());
        state.topics.insert(id.clone(), topic.subscribe(&self.app, &self.held, after));
        state.kinds.push((id.clone(), topic));
        Ok(())
    }

    async fn deliver(
        &mut self,
        state: &mut State,
        id: SubscriptionId,
        item: Result<Item, Unavailable>,
    ) -> Result<(), Close> {
        let Some(topic) = state.kind(&id) else { return Ok(()) };
        match item.map_err(|_| Close::TRY_LATER)? {
            Item::Message(message) => {
                let shared =
                    topic.write(&self.app, &message).await.map_err(|_| Close::TRY_LATER)?;
                self.say(frame::event(&id, &shared)).await
            }
            Item::Unreadable(cursor) => self.say(frame::unreadable(&id, cursor)).await,
            Item::CaughtUp(cursor) => self.say(frame::caught_up(&id, cursor)).await,
            Item::Lagged { skipped, resume_from } => {
                let now = Instant::now();
                if state.lagged_at.is_some_and(|last| now - last < LAG_FORGIVEN) {
                    return Err(Close::TOO_SLOW);
                }
                state.lagged_at = Some(now);
                self.say(frame::lagged(&id, skipped, resume_from)).await
            }
        }
    }

    /// Lets the socket live by another credential of the same workspace from now on.
    async fn swap(
        &mut self,
        state: &mut State,
        token: domain::Secret<String>,
    ) -> Result<(), Close> {
        let mut held = match Held::take(&self.app, token, self.client.ip).await {
            Ok(held) if held.workspace == self.held.workspace => held,
            Ok(_) | Err(Refused::Token(_) | Refused::Session(_)) => {
                return self.say(frame::error(None, "invalid_token")).await;
            }
            Err(Refused::Error(error)) => {
                return self.say(frame::error(None, error.describe().rest)).await;
            }
        };
        held.needs.clone_from(&self.held.needs);
        if held.require(&self.app, &held.needs).await.is_err() {
            return self.say(frame::error(None, "insufficient_scope")).await;
        }
        if held.basis != self.held.basis {
            let counted = super::count_held(&self.app, &held).await;
            let Ok(Some(connection)) = counted else {
                return self.say(frame::error(None, "too_many_connections")).await;
            };
            self.connection = connection;
        }
        self.held = held;
        state.warned = None;
        let own = state.kinds.iter().filter(|(_, topic)| *topic == Topic::Own);
        for (id, topic) in own {
            state.topics.insert(id.clone(), topic.subscribe(&self.app, &self.held, None));
        }
        self.hello().await
    }

    fn until_warning(&self, state: &State) -> Option<Duration> {
        let end = self.held.ends_at.filter(|end| state.warned != Some(*end))?;
        state.kinds.iter().any(|(_, topic)| *topic == Topic::Own).then_some(())?;
        Some(self.app.clock.until(end).saturating_sub(WARNING))
    }

    async fn warn(&mut self, state: &mut State) -> Result<(), Close> {
        state.warned = self.held.ends_at;
        let shared = super::topic::expiring(self.app.live.position(), &self.held);
        let own = state.kinds.iter().filter(|(_, topic)| *topic == Topic::Own);
        for (id, _) in own {
            self.say(frame::event(id, &shared)).await?;
        }
        Ok(())
    }

    async fn beat(&mut self, state: &mut State) -> Result<(), Close> {
        if state.missed >= MISSED {
            return Err(Close::GONE);
        }
        state.missed += 1;
        self.out.ping().await
    }
}

impl State {
    fn kind(&self, id: &SubscriptionId) -> Option<Topic> {
        self.kinds.iter().find(|(known, _)| known == id).map(|(_, topic)| *topic)
    }
}

fn heartbeat() -> Interval {
    let every = Duration::from_secs(HEARTBEAT_S);
    let mut heartbeat = time::interval_at(Instant::now() + every, every);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}
