//! Deleting: until it is written again, or for good.

use crate::support::{
    append, conflict, event, events, name, numbers, read, read_all, server, soon, store,
};
use ExpectedRevision::{Any, Exact, NoStream, StreamExists};
use eventstore::{
    Client, CurrentRevision, DeleteStreamOptions, Error, ExpectedRevision, ReadAllOptions,
    ResolvedEvent, StreamPosition, TombstoneStreamOptions,
};

async fn delete(
    client: &Client,
    stream: &str,
    expected: ExpectedRevision,
) -> eventstore::Result<()> {
    let options = DeleteStreamOptions::default().expected_revision(expected);
    client.delete_stream(stream, &options).await.map(|_| ())
}

async fn tombstone(
    client: &Client,
    stream: &str,
    expected: ExpectedRevision,
) -> eventstore::Result<()> {
    let options = TombstoneStreamOptions::default().expected_revision(expected);
    client.tombstone_stream(stream, &options).await.map(|_| ())
}

/// The message of the status that a removal's conflict is.
fn message(refused: eventstore::Result<()>) -> String {
    match refused {
        Err(Error::Grpc { code: tonic::Code::FailedPrecondition, message }) => message,
        other => panic!("{other:?} is no conflict"),
    }
}

#[tokio::test]
async fn a_deleted_stream_is_not_found_and_goes_on_where_it_ended() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    delete(&client, &name("s"), Exact(2)).await.unwrap();
    assert!(matches!(read(&client, &name("s")).await, Err(Error::ResourceNotFound)));

    let written = append(&client, &name("s"), NoStream, event(9)).await.unwrap();
    assert_eq!(written.next_expected_version, 3);
    assert_eq!(numbers(&read(&client, &name("s")).await.unwrap()), [9]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_stream_that_never_was_cannot_be_deleted() {
    let (store, client) = server().await;
    assert_eq!(
        message(delete(&client, &name("s"), Any).await),
        format!(
            "Delete failed due to WrongExpectedVersion. Stream: {}, Expected version: -2, \
             Actual version: -1",
            name("s")
        )
    );
    assert_eq!(
        message(delete(&client, &name("s"), Exact(4)).await),
        format!(
            "Delete failed due to WrongExpectedVersion. Stream: {}, Expected version: 4, \
             Actual version: -1",
            name("s")
        )
    );
    store.shutdown().await;
}

#[tokio::test]
async fn deleting_twice_is_fine_unless_the_stream_is_expected_to_exist() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    delete(&client, &name("s"), Any).await.unwrap();
    delete(&client, &name("s"), Any).await.unwrap();
    delete(&client, &name("s"), Exact(1)).await.unwrap();
    assert!(matches!(delete(&client, &name("s"), StreamExists).await, Err(Error::ResourceDeleted)));
    let refused = append(&client, &name("s"), Exact(0), event(9)).await;
    assert_eq!(conflict(refused), (Exact(0), CurrentRevision::Current(1)));
    store.shutdown().await;
}

#[tokio::test]
async fn a_stream_that_never_was_can_be_tombstoned() {
    let (store, client) = server().await;
    tombstone(&client, &name("s"), Any).await.unwrap();
    assert!(matches!(
        append(&client, &name("s"), NoStream, event(0)).await,
        Err(Error::ResourceDeleted)
    ));
    store.shutdown().await;
}

#[tokio::test]
async fn nothing_can_be_done_with_a_tombstoned_stream() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    tombstone(&client, &name("s"), Exact(0)).await.unwrap();
    for expected in [Any, StreamExists, NoStream, Exact(0)] {
        let refused = append(&client, &name("s"), expected, event(1)).await;
        assert!(matches!(refused, Err(Error::ResourceDeleted)), "{expected:?}");
        let refused = delete(&client, &name("s"), expected).await;
        assert!(matches!(refused, Err(Error::ResourceDeleted)), "{expected:?}");
        let refused = tombstone(&client, &name("s"), expected).await;
        assert!(matches!(refused, Err(Error::ResourceDeleted)), "{expected:?}");
    }
    let refused = append(&client, &name("$$s"), Any, event(1)).await;
    assert!(matches!(refused, Err(Error::ResourceDeleted)));
    store.shutdown().await;
}

#[tokio::test]
async fn reading_a_tombstoned_stream_fails_before_the_first_message() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, event(0)).await.unwrap();
    tombstone(&client, &name("s"), Any).await.unwrap();
    let options = eventstore::ReadStreamOptions::default();
    for stream in [name("s"), name("$$s")] {
        // The call itself fails, not the stream that it would have returned.
        let refused = soon(client.read_stream(stream.as_str(), &options)).await;
        assert!(matches!(refused, Err(Error::ResourceDeleted)), "{stream}");
    }
    store.shutdown().await;
}

#[tokio::test]
async fn all_keeps_what_was_deleted_and_tells_of_it() {
    let (store, client) = store().await;
    append(&client, "a", NoStream, event(0)).await.unwrap();
    delete(&client, "a", Any).await.unwrap();
    append(&client, "b", NoStream, event(1)).await.unwrap();
    tombstone(&client, "b", Any).await.unwrap();
    let options = ReadAllOptions::default().position(StreamPosition::Start);
    let seen = read_all(&client, &options).await.unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(ResolvedEvent::get_original_event)
        .map(|e| (e.stream_id.as_str(), e.event_type.as_str(), e.revision))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", "counted", 0),
            ("$$a", "$metadata", 0),
            ("b", "counted", 0),
            ("b", "$streamDeleted", i64::MAX.cast_unsigned()),
        ]
    );
    store.shutdown().await;
}
