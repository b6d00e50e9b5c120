//! The shape every aggregate has: fold events into a state, decide on a command.

use std::{fmt, str::FromStr};

use crate::{Time, event::StoredEvent};

/// A consistency boundary: the state of one stream, and the rules that guard it.
///
/// `Self` is the state; `Self::default()` is the state of an empty stream.
///
/// # Laws
///
/// * `decide` reads nothing but its arguments; ids, secrets and the time come in with the command.
/// * `evolve` accepts every event `decide` ever produced, and never fails: an event is a fact, it
///   is too late to argue.
/// * Folding from the first event and folding from any summary give equal states.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// First part of the stream name; the stream of `id` is `{CATEGORY}-{id}`.
    const CATEGORY: &'static str;

    /// How long the log keeps a stream's events.
    const RETENTION: Retention = Retention::Forever;

    type Id: fmt::Display + FromStr + Copy + Eq + std::hash::Hash + Send + Sync + 'static;
    type Command: Send + Sync;
    type Event: StoredEvent;
    type Rejection: Rejection;

    /// Returns the facts that `command` brings about, or why it may not.
    ///
    /// No events means there is nothing to do: a command may be sent twice.
    fn decide(&self, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Returns the state after `event`, which happened `at` the time in its metadata.
    #[must_use]
    fn evolve(self, event: &Self::Event, at: Time) -> Self;

    /// Returns the whole state as one event, for a stream without a natural end.
    ///
    /// Written every hundred events, so that a fold need not read further back.
    fn summarise(&self) -> Option<Self::Event> {
        None
    }

    /// Folds a whole stream into its state.
    fn fold<'a>(events: impl IntoIterator<Item = (&'a Self::Event, Time)>) -> Self
    where
        Self::Event: 'a,
    {
        events.into_iter().fold(Self::default(), |state, (event, at)| state.evolve(event, at))
    }
}

/// What the log may forget of a stream by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Nothing: the stream is history.
    Forever,
    /// All but the newest event; `$maxCount` 1.
    Newest,
    /// Events older than this many hours; `$maxAge`.
    Hours(u32),
    /// Events older than this many days; `$maxAge`.
    Days(u32),
}

/// A broken business rule: the caller's to fix, never a fault of the service.
pub trait Rejection: std::error::Error + Send + Sync + 'static {
    /// A stable name for programs, e.g. `TOKEN_REVOKED`; part of the public contract.
    fn code(&self) -> &'static str;
}
