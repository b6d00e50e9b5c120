//! Lease: a node's right to act for a reactor, and the cursor that goes with it.

use chrono::TimeDelta;
use domain::{
    Time,
    actor::Actor,
    id::CommandId,
    reactor_cursor::{Advance, Claim, Command, ReactorCursor, ReactorName, Rejection},
};
use store::{Context, ExecuteError, Position, random};

use crate::{app::App, error::Error};

/// What this node knows of a reactor's cursor.
#[derive(Debug)]
pub(super) struct Lease {
    name: ReactorName,
    node: String,
    /// Until when this node may act.
    held_until: Option<Time>,
    /// Until when another one may.
    taken_until: Option<Time>,
    /// Where the cursor stands, as far as this node knows.
    position: Option<Position>,
}

impl Lease {
    /// How long a claim lasts.
    const LENGTH: TimeDelta = TimeDelta::seconds(15);
    /// A claim with less left is renewed: so every five seconds while there is work.
    const RENEWED_BELOW: TimeDelta = TimeDelta::seconds(10);

    /// Reads where the reactor `name` stands; `holder` is who this node is among all nodes.
    pub(super) async fn read(app: &App, name: ReactorName, holder: &str) -> Result<Self, Error> {
        let cursor = app.log.load::<ReactorCursor>(name).await?.state;
        let position = match cursor.position() {
            None => None,
            Some(text) => Some(Position::decode(text).ok_or_else(|| {
                Error::Internal(anyhow::anyhow!("the cursor of the reactor {name} is no position"))
            })?),
        };
        let node = holder.to_owned();
        Ok(Self { name, node, held_until: None, taken_until: None, position })
    }

    /// Where the cursor stands.
    pub(super) const fn position(&self) -> Option<Position> {
        self.position
    }

    pub(super) const fn held_until(&self) -> Option<Time> {
        self.held_until
    }

    /// Tells whether this node may act now, claiming or renewing the lease where it must.
    pub(super) async fn hold(&mut self, app: &App) -> Result<bool, Error> {
        let at = app.clock.now();
        if self.held_until.is_some_and(|until| until - at > Self::RENEWED_BELOW) {
            return Ok(true);
        }
        if self.taken_until.is_some_and(|until| at < until) {
            return Ok(false);
        }
        let until = at + Self::LENGTH;
        let claim = Command::Claim(Claim { node: self.node.clone(), until, at });
        match app.log.execute::<ReactorCursor>(self.name, &claim, &self.context(at, "Claim")).await
        {
            Ok(_) => {
                (self.held_until, self.taken_until) = (Some(until), None);
                Ok(true)
            }
            Err(ExecuteError::Rejected(Rejection::Held)) => {
                self.held_until = None;
                let cursor = app.log.load::<ReactorCursor>(self.name).await?.state;
                self.taken_until = cursor.lease().map(|lease| lease.until);
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Moves the cursor to `position`; only forward, and only while the lease is held.
    pub(super) async fn advance(&mut self, app: &App, position: Position) -> Result<(), Error> {
        if self.position.is_some_and(|current| position <= current) || !self.hold(app).await? {
            return Ok(());
        }
        let at = app.clock.now();
        let (node, until) = (self.node.clone(), at + Self::LENGTH);
        let advance = Command::Advance(Advance { node, position: position.encode(), until });
        let context = self.context(at, "Advance");
        match app.log.execute::<ReactorCursor>(self.name, &advance, &context).await {
            Ok(_) => {
                (self.position, self.held_until) = (Some(position), Some(until));
                Ok(())
            }
            // It slept past its lease, and another node has taken over.
            Err(ExecuteError::Rejected(Rejection::Held)) => {
                self.held_until = None;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn context(&self, at: Time, command: &'static str) -> Context {
        let id = random::uuid();
        Context {
            command_id: CommandId::from_uuid(id),
            command,
            correlation_id: id,
            causation_id: None,
            actor: Actor::system(self.name.as_str()),
            on_behalf_of: None,
            workspace_id: None,
            occurred_at: at,
            client: None,
            auth: None,
        }
    }
}
