//! The log itself: dense, rising, unique, chained, and readable by this release.

use std::collections::{HashMap, HashSet};

use domain::{
    Aggregate,
    catalog::{self, Visitor},
    event::{self, DecodeError, Encoded},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Difference, Rule, history::Event};

/// What is known of the events so far.
#[derive(Debug, Default)]
pub(super) struct Chain {
    position: Option<u64>,
    ids: HashSet<Uuid>,
    /// The newest revision of each stream, and the digest of its event.
    tails: HashMap<String, (u64, String)>,
    /// Streams that may have lost their beginning: they have metadata that say so.
    trimmed: HashSet<String>,
    differences: Vec<Difference>,
}

impl Chain {
    pub(super) fn see(&mut self, event: &Event) {
        if self.position.is_some_and(|position| position >= event.position) {
            self.wrong(event, "its position does not rise");
        }
        self.position = Some(event.position);
        if !self.ids.insert(event.id) {
            self.wrong(event, "its id is another event's");
        }
        if let Some(stream) = event.stream.strip_prefix("$$") {
            self.trimmed.insert(stream.to_owned());
        }
        if event.stream.starts_with('$') || event.kind.starts_with('$') {
            return;
        }
        self.follows(event);
        let vault = ["secret", "subject_key"].contains(&event.noun().0);
        if !vault && let Err(error) = decoded(event) {
            self.wrong(event, &error);
        }
    }

    pub(super) fn streams(&self) -> usize {
        self.tails.len()
    }

    pub(super) fn differences(self) -> Vec<Difference> {
        self.differences
    }

    /// Checks the revision and the digest of the event before it in its stream.
    fn follows(&mut self, event: &Event) {
        let named = event.metadata("prev");
        match self.tails.get(&event.stream) {
            Some((revision, digest)) => {
                if event.revision != revision + 1 {
                    let what = format!("it follows revision {revision}");
                    self.wrong(event, &what);
                } else if named != digest.as_str() {
                    let what = format!("it names {named}, the event before it is {digest}");
                    self.wrong(event, &what);
                }
            }
            None if event.revision == 0 && !named.is_null() => {
                self.wrong(event, "it is the first, and names one before it");
            }
            None if event.revision != 0 && !self.trimmed.contains(&event.stream) => {
                self.wrong(event, "the events before it are missing");
            }
            None => {}
        }
        let tail = (event.revision, digest(event));
        self.tails.insert(event.stream.clone(), tail);
    }

    fn wrong(&mut self, event: &Event, what: &str) {
        let Event { stream, revision, position, kind, .. } = event;
        let what = format!("{stream}@{revision} ({kind}, at {position}): {what}");
        self.differences.push(Difference { rule: Rule::WellFormed, what });
    }
}

/// SHA-256 over type, 0x00, metadata, 0x00, payload, as stored.
fn digest(event: &Event) -> String {
    let mut hash = Sha256::new();
    for part in [event.kind.as_bytes(), &[0], &event.metadata, &[0], &event.data] {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn decoded(event: &Event) -> Result<(), String> {
    let stored = event.encoded().map_err(|error| format!("{error:#}"))?;
    let mut decoding = Decoding { category: event.noun().0, stored: Some(stored), outcome: None };
    catalog::visit(&mut decoding);
    match decoding.outcome {
        None => Err("no noun has streams of this name".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(())) => Ok(()),
    }
}

/// Finds the noun of a category and decodes an event as one of its own.
struct Decoding<'a> {
    category: &'a str,
    stored: Option<Encoded>,
    outcome: Option<Result<(), DecodeError>>,
}

impl Visitor for Decoding<'_> {
    fn noun<A: Aggregate>(&mut self) {
        if A::CATEGORY == self.category
            && let Some(stored) = self.stored.take()
        {
            self.outcome = Some(event::decode::<A::Event>(&stored).map(drop));
        }
    }
}
