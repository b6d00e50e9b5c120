//! Random histories against a simple model: what the decision table and the windows say, in memory.
//!
//! A soak plays more of them: `EMBEDDED_STORE_HISTORIES`, of the seed `EMBEDDED_STORE_SEED`. The same
//! seed plays the same histories; without one each run plays others, and a failure says how to repeat it.

use crate::support::{amount, client, id, read_with, soon};
use embedded_store::EmbeddedStore;
use eventstore::{
    Client, CurrentRevision, DeleteStreamOptions, Error, EventData, ExpectedRevision,
    ReadStreamOptions, StreamPosition, TombstoneStreamOptions,
    operations::{self, OperationalOptions},
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// How many histories are played in a test, and on one store.
const HISTORIES: u32 = 500;
const STEP: usize = HISTORIES as usize;

#[derive(Clone, Debug)]
enum Action {
    Append {
        expected: ExpectedRevision,
        ids: Vec<usize>,
    },
    Delete {
        expected: ExpectedRevision,
    },
    Tombstone {
        expected: ExpectedRevision,
    },
    MaxCount(i64),
    TruncateBefore(i64),
    /// Removes for good what is hidden; nothing that can be read may change.
    Scavenge,
}

/// What a write is answered with.
#[derive(Debug, PartialEq)]
enum Answer {
    Written(u64),
    Conflict(Option<u64>),
    Deleted,
}

/// One stream, as simple as can be.
#[derive(Debug, Default)]
struct Stream {
    ids: Vec<Uuid>,
    tombstoned: bool,
    described: bool,
    max_count: Option<usize>,
    truncate_before: usize,
    soft_deleted: bool,
    /// So many of the first events are gone for good.
    removed: usize,
}

impl Stream {
    fn current(&self) -> Option<u64> {
        (self.ids.len() as u64).checked_sub(1)
    }

    /// The answer to a write of these ids, and whether they are to be written.
    fn decide(&self, expected: ExpectedRevision, ids: &[Uuid]) -> (Answer, bool) {
        let conflict = (Answer::Conflict(self.current()), false);
        let end = (self.ids.len() + ids.len()) as u64;
        let write = (Answer::Written(end.saturating_sub(1)), true);
        if self.tombstoned {
            return (Answer::Deleted, false);
        }
        let after = match expected {
            ExpectedRevision::StreamExists if self.soft_deleted => return (Answer::Deleted, false),
            ExpectedRevision::StreamExists if self.ids.is_empty() && !self.described => {
                return conflict;
            }
            ExpectedRevision::Any | ExpectedRevision::StreamExists => {
                // The newest event with an id is the one that is remembered.
                let known: Vec<_> =
                    ids.iter().map(|id| self.ids.iter().rposition(|known| known == id)).collect();
                return match known.iter().position(Option::is_none) {
                    Some(0) => write,
                    Some(_) => conflict,
                    None => (Answer::Written(known.last().unwrap().unwrap() as u64), false),
                };
            }
            ExpectedRevision::NoStream => 0,
            ExpectedRevision::Exact(revision) => usize::try_from(revision).unwrap() + 1,
        };
        if after == self.ids.len() {
            return write;
        }
        if after > self.ids.len() {
            return conflict;
        }
        for (index, id) in ids.iter().enumerate() {
            let there = self.ids.get(after + index).filter(|_| after + index >= self.removed);
            if there != Some(id) {
                let again = index == 0 && after == 0 && self.soft_deleted;
                return if again { write } else { conflict };
            }
        }
        (Answer::Written((after + ids.len() - 1) as u64), false)
    }

    fn act(&mut self, action: &Action) -> Answer {
        let fresh = Uuid::from_u128(u128::MAX);
        match action {
            Action::Append { expected, ids } => {
                let ids: Vec<_> = ids.iter().map(|n| id(*n)).collect();
                let (answer, write) = self.decide(*expected, &ids);
                if write {
                    if self.soft_deleted {
                        (self.soft_deleted, self.truncate_before) = (false, self.ids.len());
                    }
                    self.ids.extend(ids);
                }
                answer
            }
            Action::Delete { expected } => match self.decide(*expected, &[fresh]) {
                (_, true) if self.ids.is_empty() && !self.described => Answer::Conflict(None),
                (_, true) => {
                    (self.soft_deleted, self.described, self.max_count) = (true, true, None);
                    Answer::Written(0)
                }
                (refused, false) => refused,
            },
            Action::Tombstone { expected } => match self.decide(*expected, &[fresh]) {
                (_, true) => {
                    self.tombstoned = true;
                    Answer::Written(0)
                }
                (refused, false) => refused,
            },
            Action::MaxCount(_) | Action::TruncateBefore(_) if self.tombstoned => Answer::Deleted,
            Action::MaxCount(count) => self.describe(usize::try_from(*count).ok(), 0),
            Action::TruncateBefore(first) => self.describe(None, usize::try_from(*first).unwrap()),
            Action::Scavenge => {
                self.removed =
                    self.visible().map_or(self.ids.len(), |visible| self.ids.len() - visible.len());
                Answer::Written(0)
            }
        }
    }

    fn describe(&mut self, max_count: Option<usize>, truncate_before: usize) -> Answer {
        (self.described, self.max_count) = (true, max_count);
        self.truncate_before = if self.soft_deleted { self.ids.len() } else { truncate_before };
        self.soft_deleted = false;
        Answer::Written(0)
    }

    /// What can be read: nothing, or the visible ids.
    fn visible(&self) -> Result<&[Uuid], &'static str> {
        if self.tombstoned {
            return Err("deleted");
        }
        if self.soft_deleted || self.ids.is_empty() {
            return Err("not found");
        }
        let by_count = self.max_count.map_or(0, |count| self.ids.len().saturating_sub(count));
        let first = by_count.max(self.truncate_before).max(self.removed).min(self.ids.len());
        Ok(&self.ids[first..])
    }
}

async fn act(
    client: &Client,
    operator: &operations::Client,
    stream: &str,
    action: &Action,
) -> Answer {
    let answer = match action {
        Action::Append { expected, ids } => {
            let events: Vec<_> = ids
                .iter()
                .map(|n| EventData::json("counted", &json!({ "n": n })).unwrap().id(id(*n)))
                .collect();
            crate::support::append(client, stream, *expected, events)
                .await
                .map(|written| written.next_expected_version)
        }
        Action::Delete { expected } => {
            let options = DeleteStreamOptions::default().expected_revision(*expected);
            client.delete_stream(stream, &options).await.map(|_| 0)
        }
        Action::Tombstone { expected } => {
            let options = TombstoneStreamOptions::default().expected_revision(*expected);
            client.tombstone_stream(stream, &options).await.map(|_| 0)
        }
        Action::MaxCount(count) => describe(client, stream, json!({ "$maxCount": count })).await,
        Action::TruncateBefore(first) => describe(client, stream, json!({ "$tb": first })).await,
        Action::Scavenge => {
            scavenge(client, operator).await;
            Ok(0)
        }
    };
    match answer {
        Ok(revision) => Answer::Written(revision),
        Err(Error::WrongExpectedVersion { current, .. }) => Answer::Conflict(match current {
            CurrentRevision::Current(revision) => Some(revision),
            CurrentRevision::NoStream => None,
        }),
        Err(Error::ResourceDeleted) => Answer::Deleted,
        Err(Error::Grpc { code: tonic::Code::FailedPrecondition, message }) => {
            Answer::Conflict(message.rsplit(' ').next().unwrap().parse().ok())
        }
        Err(other) => panic!("{other:?} answers {action:?}"),
    }
}

/// Scavenges, and waits until it is told that the scavenge has ended.
async fn scavenge(client: &Client, operator: &operations::Client) {
    let started = operator.start_scavenge(1, 0, &OperationalOptions::default()).await.unwrap();
    let newest =
        ReadStreamOptions::default().backwards().position(StreamPosition::End).max_count(1);
    let ended = async {
        loop {
            let told = read_with(client, "$scavenges", &newest).await.unwrap_or_default();
            let told = told.first().map(eventstore::ResolvedEvent::get_original_event);
            let ended = told.is_some_and(|event| {
                let said: serde_json::Value = event.as_json().unwrap();
                event.event_type == "$scavengeCompleted" && said["scavengeId"] == started.id()
            });
            if ended {
                return;
            }
        }
    };
    soon(ended).await;
}

async fn describe(
    client: &Client,
    stream: &str,
    metadata: serde_json::Value,
) -> eventstore::Result<u64> {
    let event = EventData::json("$metadata", &metadata).unwrap();
    let metastream = format!("$${stream}");
    crate::support::append(client, &metastream, ExpectedRevision::Any, event).await.map(|_| 0)
}

async fn visible(client: &Client, stream: &str) -> Result<Vec<Uuid>, &'static str> {
    let ids = |events: Vec<eventstore::ResolvedEvent>| -> Vec<Uuid> {
        events.iter().map(|event| event.get_original_event().id).collect()
    };
    let forwards = ReadStreamOptions::default().position(StreamPosition::Start);
    let backwards = ReadStreamOptions::default().backwards().position(StreamPosition::End);
    match read_with(client, stream, &forwards).await {
        Ok(events) => {
            let forwards = ids(events);
            let mut newest_first = ids(read_with(client, stream, &backwards).await.unwrap());
            newest_first.reverse();
            assert_eq!(newest_first, forwards, "both directions show the same");
            Ok(forwards)
        }
        Err(Error::ResourceDeleted) => Err("deleted"),
        Err(Error::ResourceNotFound) => Err("not found"),
        Err(other) => panic!("{other:?} answers a read"),
    }
}

fn expectation() -> impl Strategy<Value = ExpectedRevision> {
    prop_oneof![
        2 => Just(ExpectedRevision::Any),
        1 => Just(ExpectedRevision::StreamExists),
        2 => Just(ExpectedRevision::NoStream),
        3 => (0_u64..6).prop_map(ExpectedRevision::Exact),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    // Few ids, so that repetitions happen.
    let append = (expectation(), proptest::collection::vec(0_usize..6, 1..4))
        .prop_map(|(expected, ids)| Action::Append { expected, ids });
    prop_oneof![
        12 => append,
        2 => expectation().prop_map(|expected| Action::Delete { expected }),
        1 => expectation().prop_map(|expected| Action::Tombstone { expected }),
        1 => (1_i64..4).prop_map(Action::MaxCount),
        1 => (0_i64..6).prop_map(Action::TruncateBefore),
        1 => Just(Action::Scavenge),
    ]
}

#[test]
fn any_history_is_answered_as_the_model_says() {
    let seed = u64::from(amount("EMBEDDED_STORE_SEED", 0));
    let all = amount("EMBEDDED_STORE_HISTORIES", HISTORIES);
    for first in (0..all).step_by(STEP) {
        let rng_seed = match seed {
            0 => RngSeed::Random,
            seed => RngSeed::Fixed(seed + u64::from(first)),
        };
        let cases = (all - first).min(HISTORIES);
        play(ProptestConfig { cases, rng_seed, ..ProptestConfig::default() });
        if all > HISTORIES {
            println!("{} of {all} histories", first + cases);
        }
    }
}

/// Plays histories on a store of their own: a scavenge looks at all that is there.
#[expect(clippy::needless_pass_by_value, reason = "`proptest!` makes a copy of what it is given")]
fn play(config: ProptestConfig) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (store, client, operator) = runtime.block_on(async {
        let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
        let client = client(&store.url());
        let operator = operations::Client::new(store.url().parse().unwrap());
        (store, client, operator)
    });
    let histories = AtomicU32::new(0);
    proptest!(config, |(actions in proptest::collection::vec(action(), 1..12))| {
        let stream = format!("history-{}", histories.fetch_add(1, Ordering::Relaxed));
        let mut model = Stream::default();
        runtime.block_on(async {
            for action in &actions {
                let expected = model.act(action);
                let answer = act(&client, &operator, &stream, action).await;
                prop_assert_eq!(answer, expected, "{:?}", action);
                let seen = visible(&client, &stream).await;
                prop_assert_eq!(seen, model.visible().map(<[Uuid]>::to_vec), "{:?}", action);
            }
            Ok(())
        })?;
    });
    runtime.block_on(store.shutdown());
}
