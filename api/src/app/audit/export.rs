//! Export: the events as they lie in the log, a line each.

use std::collections::VecDeque;

use domain::{audit_access::Range, digest::Digest};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Position, Recorded};

use super::{Filter, history::History, plain};
use crate::{
    app::{App, Request},
    error::Error,
};

/// An export under way.
#[derive(Debug)]
pub struct Export {
    history: History,
    /// What was read and not handed out yet.
    read: VecDeque<Recorded>,
    open: bool,
    first: Option<Position>,
    last: Option<Position>,
    events: u64,
    digest: Sha256,
}

/// What was exported; it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub events: u64,
    /// The first and the last position; none if there was no event.
    pub range: Option<(Position, Position)>,
    /// SHA-256 of the lines, each with its line break.
    pub sha256: Digest,
}

impl Export {
    pub(super) async fn begin(
        app: &App,
        filter: Filter,
        after: Option<Position>,
        open: bool,
    ) -> Result<Self, Error> {
        let history = History::begin(&app.log, filter, after).await?;
        let (read, digest) = (VecDeque::new(), Sha256::new());
        Ok(Self { history, read, open, first: None, last: None, events: 0, digest })
    }

    /// Returns the next line; `None` at the end.
    pub async fn next(&mut self, app: &App) -> Result<Option<Value>, Error> {
        while self.read.is_empty() {
            match self.history.page(&app.log).await? {
                Some(events) => self.read = events.into(),
                None => return Ok(None),
            }
        }
        let Some(event) = self.read.pop_front() else { return Ok(None) };
        let line = line(app, &event, self.open).await?;
        self.digest.update(line.to_string());
        self.digest.update(b"\n");
        self.first.get_or_insert(event.position);
        self.last = Some(event.position);
        self.events += 1;
        Ok(Some(line))
    }

    /// How far it has come, of how far it goes.
    pub fn progress(&self) -> (u64, u64) {
        self.history.progress()
    }

    /// Records what was handed out so far: also of an export that breaks off.
    pub async fn record(self, app: &App, request: &Request) -> Result<Exported, Error> {
        let exported = Exported {
            events: self.events,
            range: self.first.zip(self.last),
            sha256: Digest::from_bytes(self.digest.finalize().into()),
        };
        let range =
            Range { from: self.first.map(Position::encode), to: self.last.map(Position::encode) };
        let workspace = self.history.workspace();
        app.record_audit_export(request, workspace, range, exported.sha256).await?;
        Ok(exported)
    }
}

async fn line(app: &App, event: &Recorded, open: bool) -> Result<Value, Error> {
    let mut line = json!({
        "position": event.position,
        "stream": event.stream,
        "revision": event.revision,
        "event_id": event.event_id,
        "type": event.event_type,
        "data": event.data,
        "metadata": event.metadata,
    });
    if open {
        app.vault.open_fields(&event.stream, &mut line).await?;
        plain(&mut line);
    }
    Ok(line)
}
