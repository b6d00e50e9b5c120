//! Replay: event by event in the log's order, and what each changed in the folded state.

use std::collections::BTreeSet;

use domain::{actor::Actor, id::WorkspaceId};
use serde::Serialize;
use serde_json::Value;
use store::{AsOf, Position, Recorded};
use uuid::Uuid;

use super::{
    Change, Filter, Reached,
    diff::diff,
    history::History,
    nouns::{self, State},
    plain,
    recent::Recent,
};
use crate::{app::App, error::Error};

/// A replay under way.
pub struct Replay {
    history: History,
    /// Whether personal data stays sealed.
    sealed: bool,
    states: Recent<Known>,
    touched: BTreeSet<String>,
    events: u64,
    /// Whether more streams were met than can be shown.
    more: bool,
}

/// A state, and how it looks to a reader.
struct Known {
    state: State,
    shown: Value,
}

/// One event, and what it changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replayed {
    pub position: Position,
    /// RFC 3339, milliseconds.
    pub at: String,
    pub actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    pub stream: String,
    pub revision: u64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub correlation_id: Uuid,
    pub changes: Vec<Change>,
    /// Why the changes are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Replay {
    /// How many states are remembered on the way, and how many are shown at the end.
    pub const MOST_STATES: usize = 1_000;

    pub(super) async fn begin(app: &App, filter: Filter, sealed: bool) -> Result<Self, Error> {
        Ok(Self {
            history: History::begin(&app.log, filter, None).await?,
            sealed,
            states: Recent::new(Self::MOST_STATES),
            touched: BTreeSet::new(),
            events: 0,
            more: false,
        })
    }

    /// Returns the next page of events, which may be empty; `None` at the end.
    pub async fn page(&mut self, app: &App) -> Result<Option<Vec<Replayed>>, Error> {
        let Some(events) = self.history.page(&app.log).await? else { return Ok(None) };
        let mut replayed = Vec::with_capacity(events.len());
        for event in &events {
            let outcome = self.fold(app, event).await?;
            replayed.push(describe(event, outcome));
        }
        self.events += events.len() as u64;
        Ok(Some(replayed))
    }

    /// The streams that were met, so that the states they reached can be shown; and whether there
    /// were more than [`Replay::MOST_STATES`].
    pub const fn streams(&self) -> (&BTreeSet<String>, bool) {
        (&self.touched, self.more)
    }

    /// Returns the state that a stream had reached at the replay's end.
    pub async fn reached(&self, app: &App, stream: &str) -> Result<Reached, Error> {
        app.reached(stream, self.history.until(), self.sealed).await
    }

    /// How many events were replayed so far.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How far it has come, of how far it goes.
    pub fn progress(&self) -> (u64, u64) {
        self.history.progress()
    }

    /// Folds an event in; returns what it changed, or why that is not known.
    async fn fold(
        &mut self,
        app: &App,
        event: &Recorded,
    ) -> Result<Result<Vec<Change>, String>, Error> {
        self.touch(&event.stream);
        let before = match self.states.take(&event.stream) {
            // What lies between was not asked for, and changed the state all the same.
            Some(known) if known.state.revision.map_or(0, |last| last + 1) == event.revision => {
                Some(known)
            }
            _ => self.before(app, event).await?,
        };
        let Some(Known { mut state, shown }) = before else {
            return Ok(Err("this release knows no noun of this name".to_owned()));
        };
        if let Err(error) = state.evolve(event) {
            return Ok(Err(error.to_string()));
        }
        let after = self.shown(app, &event.stream, &state).await?;
        let changes = diff(&shown, &after);
        self.states.put(event.stream.clone(), Known { state, shown: after });
        Ok(Ok(changes))
    }

    /// The state that an event met.
    async fn before(&self, app: &App, event: &Recorded) -> Result<Option<Known>, Error> {
        let state = if event.revision == 0 {
            nouns::empty(&event.stream)
        } else {
            let just_before = Position::from_u64(event.position.as_u64().saturating_sub(1));
            let at = Some(AsOf::Position(just_before));
            nouns::state_of(&app.log, &event.stream, at).await?
        };
        let Some(state) = state else { return Ok(None) };
        let shown = self.shown(app, &event.stream, &state).await?;
        Ok(Some(Known { state, shown }))
    }

    async fn shown(&self, app: &App, stream: &str, state: &State) -> Result<Value, Error> {
        let mut shown = state.shown();
        if !self.sealed {
            app.vault.open_fields(stream, &mut shown).await?;
        }
        plain(&mut shown);
        Ok(shown)
    }

    fn touch(&mut self, stream: &str) {
        if self.touched.contains(stream) {
            return;
        }
        if self.touched.len() < Self::MOST_STATES {
            self.touched.insert(stream.to_owned());
        } else {
            self.more = true;
        }
    }
}

fn describe(event: &Recorded, outcome: Result<Vec<Change>, String>) -> Replayed {
    let metadata = &event.metadata;
    let (changes, problem) = match outcome {
        Ok(changes) => (changes, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Replayed {
        position: event.position,
        at: metadata.occurred_at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        actor: metadata.actor.clone(),
        on_behalf_of: metadata.on_behalf_of.clone(),
        workspace: metadata.workspace_id.map(WorkspaceId::public),
        stream: event.stream.clone(),
        revision: event.revision,
        event_type: event.event_type.clone(),
        correlation_id: metadata.correlation_id,
        changes,
        problem,
    }
}
