//! What the tests share: a log to speak to, and an aggregate to have commands for.

use std::{future::Future, time::Duration};

use domain::{
    Aggregate, Rejection, Retention, Sealed, Secret, StoredEvent, Time,
    actor::Actor,
    event::Summary,
    id::{CommandId, VaultRef},
};
use embedded_store::EmbeddedStore;
use serde::{Deserialize, Serialize};
use store::{Context, Log, LogConfig, random};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log of its own, in memory; the store ends when it is dropped.
pub(crate) async fn fresh() -> (EmbeddedStore, Log) {
    let store = EmbeddedStore::builder().in_memory().start().await.expect("a store starts");
    let log = connect(&store).await;
    (store, log)
}

pub(crate) async fn connect(store: &EmbeddedStore) -> Log {
    Log::connect(config(store.url())).await.expect("the store answers")
}

pub(crate) fn config(url: String) -> LogConfig {
    LogConfig {
        url: Secret::new(url),
        node: "node-1".into(),
        build: "test",
        deadline: Duration::from_secs(2),
    }
}

/// A command of its own, at noon.
pub(crate) fn context() -> Context {
    Context {
        command_id: CommandId::from_uuid(random::uuid()),
        command: "Add",
        correlation_id: random::uuid(),
        causation_id: None,
        actor: Actor::system("test"),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: noon(),
        client: None,
        auth: None,
    }
}

pub(crate) fn noon() -> Time {
    "2026-01-01T12:00:00Z".parse().expect("a time")
}

/// Any id will do to name a tally.
pub(crate) fn new_id() -> VaultRef {
    VaultRef::from_uuid(random::uuid())
}

/// Waits until `condition` gives something.
#[track_caller]
pub(crate) fn eventually<T, Condition, Answer>(condition: Condition) -> impl Future<Output = T>
where
    Condition: FnMut() -> Answer,
    Answer: Future<Output = Option<T>>,
{
    let place = std::panic::Location::caller();
    let mut condition = condition;
    async move {
        let wait = async {
            loop {
                if let Some(answer) = condition().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("what {place} waits for never came"))
    }
}

/// A sum that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sum: u64,
    pub(crate) additions: u64,
    pub(crate) last_at: Option<Time>,
    /// How many events were folded to get here, the summary included.
    pub(crate) folded: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Nothing to do for 0; refused above 1,000.
    Add(u64),
    /// Several events at once.
    AddEach(Vec<u64>),
    /// Adds 1 to an empty tally.
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum Event {
    #[serde(rename = "tally.added")]
    Added {
        amount: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<Sealed<String>>,
    },
    #[serde(rename = "tally.summarised")]
    Summarised {
        sum: u64,
        additions: u64,
        /// The sum once more, a stroke for each: as large as one wants it.
        #[serde(default)]
        strokes: String,
    },
}

impl Event {
    pub(crate) const fn added(amount: u64) -> Self {
        Self::Added { amount, note: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("too much at once")]
    TooMuch,
    #[error("open already")]
    Open,
}

impl Rejection for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::TooMuch => "TOO_MUCH",
            Self::Open => "OPEN",
        }
    }
}

impl StoredEvent for Event {
    const SUMMARY: Option<Summary> = Some(Summary { event_type: "tally.summarised", schema: 2 });
}

impl Aggregate for Tally {
    const CATEGORY: &'static str = "tally";

    type Id = VaultRef;
    type Command = Command;
    type Event = Event;
    type Rejection = Refused;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Refused> {
        match command {
            Command::Add(0) => Ok(vec![]),
            Command::Add(amount) if *amount > 1_000 => Err(Refused::TooMuch),
            Command::Add(amount) => Ok(vec![Event::added(*amount)]),
            Command::AddEach(amounts) => Ok(amounts.iter().copied().map(Event::added).collect()),
            Command::Open if self.additions == 0 => Ok(vec![Event::added(1)]),
            Command::Open => Err(Refused::Open),
        }
    }

    fn evolve(self, event: &Event, at: Time) -> Self {
        let folded = self.folded + 1;
        match event {
            Event::Added { amount, .. } => Self {
                sum: self.sum + amount,
                additions: self.additions + 1,
                last_at: Some(at),
                folded,
            },
            Event::Summarised { sum, additions, .. } => {
                Self { sum: *sum, additions: *additions, last_at: Some(at), folded }
            }
        }
    }

    fn summarise(&self) -> Option<Event> {
        let strokes = "|".repeat(self.sum.try_into().unwrap());
        Some(Event::Summarised { sum: self.sum, additions: self.additions, strokes })
    }
}

/// A tally of which the log keeps only the newest event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latest(pub(crate) u64);

/// Not [`Event`], which has a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum Set {
    #[serde(rename = "latest.set")]
    To { amount: u64 },
}

impl StoredEvent for Set {}

impl Aggregate for Latest {
    const CATEGORY: &'static str = "latest";
    const RETENTION: Retention = Retention::Newest;

    type Id = VaultRef;
    type Command = u64;
    type Event = Set;
    type Rejection = Refused;

    fn decide(&self, amount: &u64) -> Result<Vec<Set>, Refused> {
        Ok(vec![Set::To { amount: *amount }])
    }

    fn evolve(self, Set::To { amount }: &Set, _at: Time) -> Self {
        Self(*amount)
    }
}
