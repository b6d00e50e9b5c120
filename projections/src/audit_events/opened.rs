//! Opened payloads: as auditors read them, and whom they are about.

use std::collections::BTreeSet;

use domain::{
    Sealed,
    id::SubjectId,
    sealed::{BLANK, OPENED, SEALED},
};
use serde_json::Value;
use store::Recorded;
use uuid::Uuid;

use crate::entry::Entry;

/// Members of payloads that name a person an event is about.
const PEOPLE: [&str; 6] = ["user", "user_id", "owner", "created_by", "acts_as", "subject_key_id"];

/// Returns the payload with values in place of its sealed fields, and null for the blank ones.
pub(super) fn flatten(data: &Value) -> Value {
    match data {
        Value::Object(members) => {
            if let Some(value) = members.get(OPENED) {
                return value.clone();
            }
            if members.contains_key(BLANK) || members.contains_key(SEALED) {
                return Value::Null;
            }
            let members = members.iter().map(|(name, value)| (name.clone(), flatten(value)));
            Value::Object(members.collect())
        }
        Value::Array(values) => values.iter().map(flatten).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => data.clone(),
    }
}

/// Returns whom an event is about: by its stream, by its payload, by the keys of its fields.
pub(super) fn subjects(entry: &Entry) -> BTreeSet<Uuid> {
    let mut subjects: BTreeSet<_> = entry
        .sealed_by
        .values()
        .chain(&entry.client_sealed_by)
        .map(|subject| subject.as_uuid())
        .collect();
    if let Some((_, id)) = entry.event.stream.split_once('-') {
        subjects.extend(id.parse::<Uuid>().ok());
    }
    for name in PEOPLE {
        let id = entry.event.data.get(name).and_then(Value::as_str);
        subjects.extend(id.and_then(|id| id.parse::<Uuid>().ok()));
    }
    subjects
}

/// Tells whether an event, as it lies in the log, is about `subject`, as [`subjects`] would.
pub fn concerns(event: &Recorded, subject: SubjectId) -> bool {
    let id = subject.as_uuid();
    let is_it = |text: &str| text.parse() == Ok(id);
    let client = event.metadata.client.as_ref().and_then(|client| match client {
        Sealed::Closed(ciphertext) => Some(ciphertext.subject),
        Sealed::Open(_) | Sealed::Blank => None,
    });
    let named = |name| event.data.get(name).and_then(Value::as_str).is_some_and(is_it);
    client == Some(subject)
        || event.stream.split_once('-').is_some_and(|(_, id)| is_it(id))
        || PEOPLE.into_iter().any(named)
        || is_sealed_by(&event.data, &is_it)
}

fn is_sealed_by(data: &Value, is_it: &dyn Fn(&str) -> bool) -> bool {
    match data {
        Value::Object(members) => {
            let key = members.get(SEALED).and_then(|sealed| sealed.get("subject"));
            key.and_then(Value::as_str).is_some_and(is_it)
                || members.values().any(|value| is_sealed_by(value, is_it))
        }
        Value::Array(values) => values.iter().any(|value| is_sealed_by(value, is_it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Nulls the members called `name`, wherever they are.
pub(super) fn blank(data: &mut Value, name: &str) {
    match data {
        Value::Object(members) => {
            for (member, value) in members {
                if member == name {
                    *value = Value::Null;
                } else {
                    blank(value, name);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| blank(value, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
