//! Fold: events of one stream, newest back to the last summary, made into a state.

use std::collections::VecDeque;

use domain::{Aggregate, StoredEvent, Time, id::CommandId};
use eventstore::RecordedEvent;

use crate::{Loaded, Position, Recorded, Unreadable, chain::digest_of_stored};

/// A state, and all that the next append to its stream must know.
#[derive(Clone, Debug)]
pub(crate) struct Folded<A> {
    pub(crate) state: A,
    pub(crate) revision: Option<u64>,
    pub(crate) position: Option<Position>,
    pub(crate) last_at: Option<Time>,
    /// Of the newest event.
    pub(crate) digest: Option<[u8; 32]>,
    /// How many events a load folds beyond the last summary.
    pub(crate) since_summary: usize,
    /// The commands behind the last events, oldest first; see [`Folded::has_seen`].
    commands: VecDeque<CommandId>,
}

/// How many commands a stream recalls; no fewer events are read to find them again.
const RECALLED: usize = 200;

impl<A: Aggregate> Folded<A> {
    /// A stream of which nothing can be read; `revision` is that of its newest event, if it had any.
    pub(crate) fn unreadable(revision: Option<u64>) -> Self {
        Self {
            state: A::default(),
            revision,
            position: None,
            last_at: None,
            digest: None,
            since_summary: 0,
            commands: VecDeque::new(),
        }
    }

    /// Whether the command was carried out on this stream not long ago: a summary behind it does
    /// not make a repetition a new command.
    pub(crate) fn has_seen(&self, command: CommandId) -> bool {
        self.commands.contains(&command)
    }

    /// Takes the state one event further.
    pub(crate) fn apply(&mut self, event: &A::Event, event_type: &str, at: Time, by: CommandId) {
        self.state = std::mem::take(&mut self.state).evolve(event, at);
        self.last_at = Some(at);
        self.recall(by);
        if is_summary::<A::Event>(event_type) {
            self.since_summary = 0;
        } else {
            self.since_summary += 1;
        }
    }

    fn recall(&mut self, command: CommandId) {
        if self.commands.back() != Some(&command) {
            self.commands.push_back(command);
        }
        if self.commands.len() > RECALLED {
            self.commands.pop_front();
        }
    }

    /// Whether `newest` is the event that this was folded up to.
    pub(crate) fn ends_with(&self, newest: &RecordedEvent) -> bool {
        self.revision == Some(newest.revision) && self.digest == Some(digest_of_stored(newest))
    }

    pub(crate) fn loaded(&self) -> Loaded<A> {
        let Self { state, revision, position, last_at, .. } = self;
        Loaded { state: state.clone(), revision: *revision, position: *position, last_at: *last_at }
    }
}

/// What one event means to a fold that comes upon it from behind.
pub(crate) enum Role {
    /// It carries the state of everything before it.
    Summary,
    /// A summary of another release: its schema is not ours, so it is read past.
    ForeignSummary,
    Fact,
}

impl Role {
    pub(crate) fn of<E: StoredEvent>(event: &Recorded) -> Self {
        match E::SUMMARY {
            Some(summary) if summary.event_type == event.event_type => {
                if summary.schema == event.metadata.schema {
                    Self::Summary
                } else {
                    Self::ForeignSummary
                }
            }
            _ => Self::Fact,
        }
    }
}

pub(crate) fn is_summary<E: StoredEvent>(event_type: &str) -> bool {
    E::SUMMARY.is_some_and(|summary| summary.event_type == event_type)
}

/// Gathers a stream from its newest event backwards, then folds it.
pub(crate) struct Gathered<A: Aggregate> {
    newest_first: Vec<(A::Event, Recorded)>,
    newest: Option<(u64, Position, [u8; 32])>,
    /// What came along with the page that holds the last summary; it is not folded.
    older: Vec<Recorded>,
}

impl<A: Aggregate> Default for Gathered<A> {
    fn default() -> Self {
        Self { newest_first: Vec::new(), newest: None, older: Vec::new() }
    }
}

impl<A: Aggregate> Gathered<A> {
    /// Takes the next older event where `keep` says so; returns whether a fold needs none older.
    pub(crate) fn take(
        &mut self,
        stored: RecordedEvent,
        keep: impl Fn(&Recorded) -> bool,
    ) -> Result<bool, Unreadable> {
        if self.is_complete() {
            // Not needed for the state, so it may be anything.
            self.older.extend(Recorded::try_from(stored));
            return Ok(true);
        }
        let digest = self.newest.is_none().then(|| digest_of_stored(&stored));
        let recorded = Recorded::try_from(stored)?;
        if !keep(&recorded) {
            return Ok(false);
        }
        if let Some(digest) = digest {
            self.newest = Some((recorded.revision, recorded.position, digest));
        }
        match Role::of::<A::Event>(&recorded) {
            Role::ForeignSummary => Ok(false),
            role @ (Role::Summary | Role::Fact) => {
                self.newest_first.push((recorded.read()?, recorded));
                Ok(matches!(role, Role::Summary))
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.newest_first
            .last()
            .is_some_and(|(_, oldest)| matches!(Role::of::<A::Event>(oldest), Role::Summary))
    }

    /// Folds what was taken. `last` is the revision to assume where nothing could be read.
    pub(crate) fn fold(&self, last: Option<u64>) -> Folded<A> {
        let mut folded = Folded::unreadable(last);
        for older in self.older.iter().rev() {
            folded.recall(older.metadata.command_id);
        }
        for (event, recorded) in self.newest_first.iter().rev() {
            let Recorded { event_type, metadata, .. } = recorded;
            folded.apply(event, event_type, metadata.occurred_at, metadata.command_id);
        }
        if let Some((revision, position, digest)) = self.newest {
            folded.revision = Some(revision);
            folded.position = Some(position);
            folded.digest = Some(digest);
        }
        folded
    }

    /// Returns what `command` brought about, oldest first.
    pub(crate) fn events_of(&self, command: CommandId) -> Result<Vec<A::Event>, Unreadable> {
        let recorded = self.newest_first.iter().map(|(_, recorded)| recorded);
        let newest_first = recorded.chain(&self.older);
        let mut events = newest_first
            .filter(|event| event.metadata.command_id == command)
            .map(Recorded::read)
            .collect::<Result<Vec<_>, _>>()?;
        events.reverse();
        Ok(events)
    }
}
