//! What the tests share: a running store, clients, events.

use embedded_store::EmbeddedStore;
use eventstore::{
    Client, ClientSettings, EventData, ReadStreamOptions, ResolvedEvent, StreamPosition,
};
use serde_json::json;
use uuid::Uuid;

/// A store in memory and a client of it.
pub(crate) async fn store() -> (EmbeddedStore, Client) {
    let store = EmbeddedStore::builder().in_memory().start().await.unwrap();
    let client = client(&store);
    (store, client)
}

pub(crate) fn client(store: &EmbeddedStore) -> Client {
    let settings: ClientSettings = store.url().parse().unwrap();
    Client::new(settings).unwrap()
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
pub(crate) fn events(numbers: std::ops::Range<usize>) -> Vec<EventData> {
    numbers.map(event).collect()
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
    let mut stream = client.read_stream(stream, options).await?;
    let mut events = Vec::new();
    while let Some(event) = stream.next().await? {
        events.push(event);
    }
    Ok(events)
}
