//! Entries: events with their sealed fields opened, as read models get them.

use std::collections::BTreeMap;

use domain::{
    Aggregate, Time,
    agent_token::AgentToken,
    id::SubjectId,
    sealed::{Ciphertext, SEALED},
    subject::{self, Subject},
    user::User,
    workspace::Workspace,
};
use serde::Deserialize;
use serde_json::Value;
use store::{Opened, Position, Recorded, Unavailable, Vault, VaultError};
use uuid::Uuid;

use crate::checkpoint::LastEvent;

/// The category of the streams that say which subjects' keys are gone.
pub(crate) const SUBJECT: &str = Subject::CATEGORY;

/// An event, opened; where a key is destroyed the field is blank.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) event: Recorded,
    /// The names of the fields that nobody can read any more.
    pub(crate) blank: Vec<String>,
    /// Under whose key each sealed field of the payload lies, by the field's name.
    pub(crate) sealed_by: BTreeMap<String, SubjectId>,
    /// Under whose key the client's address lies.
    pub(crate) client_sealed_by: Option<SubjectId>,
}

/// Categories whose events the log keeps for ever.
const LASTING: [&str; 3] = [User::CATEGORY, Workspace::CATEGORY, AgentToken::CATEGORY];

impl Entry {
    /// Returns the subject whose key this event ends; rows that the key opened are to be blanked.
    pub(crate) fn destroyed_subject(&self) -> Option<SubjectId> {
        destroyed_subject(&self.event)
    }

    /// When it happened.
    pub(crate) const fn at(&self) -> Time {
        self.event.metadata.occurred_at
    }

    /// Its revision, as Postgres keeps it.
    pub(crate) const fn revision(&self) -> i64 {
        self.event.revision.cast_signed()
    }
}

fn destroyed_subject(event: &Recorded) -> Option<SubjectId> {
    let subject = event.id_of::<Subject>()?;
    match event.decode().ok()? {
        subject::Event::KeyDestroyed { .. } => Some(subject),
        subject::Event::KeyCreated { .. } | subject::Event::ErasureRequested {} => None,
    }
}

/// An event that no read model can take: its payload or its sealed fields are not what they
/// should be.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) position: Position,
    pub(crate) event_id: Uuid,
    pub(crate) event_type: String,
    pub(crate) error: String,
}

impl From<store::Unreadable> for Unreadable {
    fn from(event: store::Unreadable) -> Self {
        let error = event.source.to_string();
        let store::Unreadable { stream, revision, position, event_id, event_type, .. } = event;
        Self { stream, revision, position, event_id, event_type, error }
    }
}

/// One event of the log, for a read model to take or to park.
#[derive(Debug)]
pub(crate) enum Item {
    Event(Box<Entry>),
    Unreadable(Unreadable),
}

impl Item {
    pub(crate) fn stream(&self) -> &str {
        match self {
            Self::Event(entry) => &entry.event.stream,
            Self::Unreadable(event) => &event.stream,
        }
    }

    pub(crate) fn category(&self) -> &str {
        let stream = self.stream();
        stream.split_once('-').map_or(stream, |(category, _)| category)
    }

    pub(crate) const fn position(&self) -> Position {
        match self {
            Self::Event(entry) => entry.event.position,
            Self::Unreadable(event) => event.position,
        }
    }

    /// Where it must be found again if the log is the same; `None` for what the log may forget.
    pub(crate) fn place(&self) -> Option<LastEvent> {
        if !LASTING.contains(&self.category()) {
            return None;
        }
        let (stream, revision, id) = match self {
            Self::Event(entry) => (&entry.event.stream, entry.event.revision, entry.event.event_id),
            Self::Unreadable(event) => (&event.stream, event.revision, event.event_id),
        };
        Some(LastEvent { stream: stream.clone(), revision, id })
    }
}

/// Opens one event of the log.
///
/// Events must come in the log's order: the end of a key is noticed on the way.
pub(crate) async fn open(vault: &Vault, item: store::Item) -> Result<Item, Unavailable> {
    let event = match item {
        store::Item::Event(event) => event,
        store::Item::Unreadable(event) => return Ok(Item::Unreadable(event.into())),
    };
    if let Some(subject) = destroyed_subject(&event) {
        vault.forget(subject);
    }
    let mut sealed_by = BTreeMap::new();
    note_subjects("", &event.data, &mut sealed_by);
    let client_sealed_by = match &event.metadata.client {
        Some(domain::Sealed::Closed(ciphertext)) => Some(ciphertext.subject),
        _ => None,
    };
    let unopened = Unreadable {
        stream: event.stream.clone(),
        revision: event.revision,
        position: event.position,
        event_id: event.event_id,
        event_type: event.event_type.clone(),
        error: String::new(),
    };
    match vault.open_recorded(event).await {
        Ok(Opened { event, blank }) => {
            Ok(Item::Event(Box::new(Entry { event, blank, sealed_by, client_sealed_by })))
        }
        Err(VaultError::Unavailable(error)) => Err(error),
        Err(error) => Ok(Item::Unreadable(Unreadable { error: error.to_string(), ..unopened })),
    }
}

/// Notes under whose key each sealed field below `value` lies.
fn note_subjects(name: &str, value: &Value, subjects: &mut BTreeMap<String, SubjectId>) {
    match value {
        Value::Object(members) => {
            let ciphertext = members.get(SEALED).map(Ciphertext::deserialize);
            if let Some(Ok(Ciphertext { subject, .. })) = ciphertext {
                subjects.insert(name.to_owned(), subject);
                return;
            }
            for (name, value) in members {
                note_subjects(name, value, subjects);
            }
        }
        Value::Array(values) => {
            for value in values {
                note_subjects(name, value, subjects);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
