//! What the tests share: a running store, clients, events.

use embedded_store::EmbeddedStore;
use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, CurrentRevision, Error, EventData,
    ExpectedRevision, ReadAllOptions, ReadStreamOptions, ResolvedEvent, StreamPosition,
    Subscription, SubscriptionEvent, ToEvents, WriteResult,
};
use serde::Deserialize;
use serde_json::json;
use std::{
    cell::RefCell,
    future::Future,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use uuid::Uuid;

/// How long anything may take before a test gives up on it.
const BOUND: Duration = Duration::from_secs(20);

/// Waits for something that has to happen.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(BOUND, future).await.expect("it happens within the bound")
}

/// The connection string of a server that the contract is to be held against, instead of ours.
const GIVEN: &str = "EVENTSTORE_TEST_URL";

thread_local! {
    /// What the names of this test's streams begin with: on a given server they must be new.
    static PREFIX: RefCell<String> = RefCell::default();
}

/// The server that the contract is held against.
pub(crate) enum Server {
    Ours(EmbeddedStore),
    Given,
}

impl Server {
    pub(crate) async fn shutdown(self) {
        if let Self::Ours(store) = self {
            store.shutdown().await;
        }
    }
}

/// The given server, or else a store of ours in memory, and a client of it.
///
/// For tests that ask of a server what any EventStoreDB must do; their streams have names from `name`.
pub(crate) async fn server() -> (Server, Client) {
    PREFIX.with_borrow_mut(|prefix| *prefix = format!("contract-{:x}-", nonce()));
    if let Some(url) = std::env::var_os(GIVEN).and_then(|url| url.into_string().ok()) {
        return (Server::Given, client(&url));
    }
    let (store, client) = store().await;
    (Server::Ours(store), client)
}

/// A name that only this test uses; what begins with `$$` is a metastream.
pub(crate) fn name(name: &str) -> String {
    let (meta, base) = name.strip_prefix("$$").map_or(("", name), |base| ("$$", base));
    PREFIX.with_borrow(|prefix| format!("{meta}{prefix}{base}"))
}

/// A number that no other run and no other test has.
fn nonce() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let begun = u64::try_from(begun.as_micros()).unwrap_or_default();
    begun << 10 | COUNT.fetch_add(1, Ordering::Relaxed) & 1023
}

/// A store in memory and a client of it.
pub(crate) async fn store() -> (EmbeddedStore, Client) {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let client = client(&store.url());
    (store, client)
}

pub(crate) fn client(url: &str) -> Client {
    let settings: ClientSettings = url.parse().unwrap();
    Client::new(settings).unwrap()
}

#[derive(Deserialize)]
struct Counted {
    n: usize,
}

/// An event whose data is its number.
pub(crate) fn event(n: usize) -> EventData {
    EventData::json("counted", &json!({ "n": n })).unwrap().id(id(n))
}

/// The same id for the same number, always.
pub(crate) fn id(n: usize) -> Uuid {
    Uuid::from_u128(0x5eed << 64 | (n as u128 + 1))
}

/// Numbered events.
pub(crate) fn events(numbers: Range<usize>) -> Vec<EventData> {
    numbers.map(event).collect()
}

/// The number of an event made by `event`.
pub(crate) fn number(event: &ResolvedEvent) -> usize {
    event.get_original_event().as_json::<Counted>().unwrap().n
}

pub(crate) fn numbers(events: &[ResolvedEvent]) -> Vec<usize> {
    events.iter().map(number).collect()
}

pub(crate) async fn append(
    client: &Client,
    stream: &str,
    expected: ExpectedRevision,
    events: impl ToEvents,
) -> eventstore::Result<WriteResult> {
    let options = AppendToStreamOptions::default().expected_revision(expected);
    client.append_to_stream(stream, &options, events).await
}

/// What a conflict says was expected and is true.
pub(crate) fn conflict(
    refused: eventstore::Result<WriteResult>,
) -> (ExpectedRevision, CurrentRevision) {
    match refused {
        Err(Error::WrongExpectedVersion { expected, current }) => (expected, current),
        other => panic!("{other:?} is no conflict"),
    }
}

/// Every visible event of a stream, oldest first.
pub(crate) async fn read(client: &Client, stream: &str) -> eventstore::Result<Vec<ResolvedEvent>> {
    read_with(client, stream, &ReadStreamOptions::default().position(StreamPosition::Start)).await
}

pub(crate) async fn read_with(
    client: &Client,
    stream: &str,
    options: &ReadStreamOptions,
) -> eventstore::Result<Vec<ResolvedEvent>> {
    all_of(client.read_stream(stream, options).await?).await
}

pub(crate) async fn read_all(
    client: &Client,
    options: &ReadAllOptions,
) -> eventstore::Result<Vec<ResolvedEvent>> {
    all_of(client.read_all(options).await?).await
}

async fn all_of(mut stream: eventstore::ReadStream) -> eventstore::Result<Vec<ResolvedEvent>> {
    let mut events = Vec::new();
    while let Some(event) = stream.next().await? {
        events.push(event);
    }
    Ok(events)
}

/// Writes a stream's metadata as JSON.
pub(crate) async fn describe(client: &Client, stream: &str, metadata: &serde_json::Value) {
    let event = EventData::json("$metadata", metadata).unwrap();
    append(client, &format!("$${stream}"), ExpectedRevision::Any, event).await.unwrap();
}

/// The next thing that a subscription says.
pub(crate) async fn next(subscription: &mut Subscription) -> SubscriptionEvent {
    soon(subscription.next_subscription_event()).await.unwrap()
}

/// The next event of a subscription, whatever it says before.
pub(crate) async fn next_event(subscription: &mut Subscription) -> ResolvedEvent {
    loop {
        if let SubscriptionEvent::EventAppeared(event) = next(subscription).await {
            return event;
        }
    }
}

/// Waits until a subscription is live.
pub(crate) async fn caught_up(subscription: &mut Subscription) -> Vec<ResolvedEvent> {
    let mut events = Vec::new();
    loop {
        match next(subscription).await {
            SubscriptionEvent::EventAppeared(event) => events.push(event),
            SubscriptionEvent::CaughtUp => return events,
            _ => {}
        }
    }
}

/// How much of something a run has: what the variable says, for a soak, or else what a test takes.
pub(crate) fn amount(variable: &str, test: u32) -> u32 {
    let asked = std::env::var_os(variable).and_then(|text| text.into_string().ok());
    asked.map_or(test, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}
