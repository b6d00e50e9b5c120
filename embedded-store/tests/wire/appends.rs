//! Appending: the decision table, seen by a client.

use crate::support::{append, conflict, event, events, id, name, numbers, read, server};
use ExpectedRevision::{Any, Exact, NoStream, StreamExists};
use eventstore::{
    AppendToStreamOptions, CurrentRevision, Error, EventData, ExpectedRevision, ResolvedEvent,
};

#[tokio::test]
async fn an_append_answers_with_the_last_events_position_and_number() {
    let (store, client) = server().await;
    let written = append(&client, &name("s"), NoStream, events(0..3)).await.unwrap();
    assert_eq!(written.next_expected_version, 2);

    let read = read(&client, &name("s")).await.unwrap();
    let recorded: Vec<_> = read.iter().map(ResolvedEvent::get_original_event).collect();
    assert_eq!(recorded.iter().map(|e| e.id).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    assert_eq!(recorded.iter().map(|e| e.revision).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(recorded.is_sorted_by(|a, b| a.position.commit < b.position.commit));
    assert_eq!(recorded[2].position, written.position);
    store.shutdown().await;
}

#[tokio::test]
async fn a_repeated_append_is_answered_as_the_first_and_writes_nothing() {
    let (store, client) = server().await;
    for (stream, expected) in [(name("n"), NoStream), (name("a"), Any)] {
        let first = append(&client, &stream, expected, events(0..2)).await.unwrap();
        let again = append(&client, &stream, expected, events(0..2)).await.unwrap();
        assert_eq!(again.next_expected_version, first.next_expected_version);
        assert_eq!(again.position, first.position);
        append(&client, &stream, Exact(1), events(2..4)).await.unwrap();
        let third = append(&client, &stream, Exact(1), events(2..4)).await.unwrap();
        assert_eq!(third.next_expected_version, 3);
        assert_eq!(numbers(&read(&client, &stream).await.unwrap()), [0, 1, 2, 3]);
    }
    store.shutdown().await;
}

#[tokio::test]
async fn a_partly_repeated_append_conflicts() {
    let (store, client) = server().await;
    for (stream, expected) in [(name("n"), NoStream), (name("a"), Any)] {
        append(&client, &stream, expected, events(0..2)).await.unwrap();
        let refused = append(&client, &stream, expected, events(0..3)).await;
        assert_eq!(conflict(refused), (expected, CurrentRevision::Current(1)));
        assert_eq!(numbers(&read(&client, &stream).await.unwrap()), [0, 1]);
    }
    store.shutdown().await;
}

#[tokio::test]
async fn the_same_id_is_written_twice_under_the_right_revision() {
    let (store, client) = server().await;
    append(&client, &name("s"), NoStream, event(7)).await.unwrap();
    append(&client, &name("s"), Exact(0), event(7)).await.unwrap();
    assert_eq!(numbers(&read(&client, &name("s")).await.unwrap()), [7, 7]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_known_event_behind_a_new_one_is_written_again() {
    let (store, client) = server().await;
    append(&client, &name("s"), Any, event(0)).await.unwrap();
    append(&client, &name("s"), Any, vec![event(1), event(0)]).await.unwrap();
    assert_eq!(numbers(&read(&client, &name("s")).await.unwrap()), [0, 1, 0]);
    store.shutdown().await;
}

#[tokio::test]
async fn a_wrong_revision_conflicts_and_tells_the_right_one() {
    let (store, client) = server().await;
    let refused = append(&client, &name("s"), StreamExists, event(0)).await;
    assert_eq!(conflict(refused), (StreamExists, CurrentRevision::NoStream));
    let refused = append(&client, &name("s"), Exact(3), event(0)).await;
    assert_eq!(conflict(refused), (Exact(3), CurrentRevision::NoStream));
    append(&client, &name("s"), NoStream, events(0..2)).await.unwrap();
    let refused = append(&client, &name("s"), NoStream, event(9)).await;
    assert_eq!(conflict(refused), (NoStream, CurrentRevision::Current(1)));
    store.shutdown().await;
}

#[tokio::test]
async fn an_append_is_at_most_a_mebibyte() {
    let (store, client) = server().await;
    let binary = |size| EventData::binary("b", vec![b'x'; size].into());
    append(&client, &name("s"), NoStream, binary((1 << 20) - 2)).await.unwrap();
    for too_large in [vec![binary(1 << 20)], vec![binary(600_000), binary(600_000)]] {
        let refused = append(&client, &name("s"), Any, too_large).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Grpc { code: tonic::Code::InvalidArgument, message }
                if message == "Maximum Append Size of 1048576 Exceeded."),
            "{refused:?}"
        );
    }
    assert_eq!(read(&client, &name("s")).await.unwrap().len(), 1);
    store.shutdown().await;
}

#[tokio::test]
async fn appends_of_many_callers_stand_in_one_order_without_gaps() {
    let (store, client) = server().await;
    let callers: Vec<_> = (0..16)
        .map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for n in 0..25 {
                    let stream = format!("s-{}", n % 5);
                    append(&client, &stream, Any, event(caller * 100 + n)).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    for n in 0..5 {
        let read = read(&client, &format!("s-{n}")).await.unwrap();
        let revisions = read.iter().map(|e| e.get_original_event().revision);
        assert_eq!(revisions.collect::<Vec<_>>(), (0..80).collect::<Vec<_>>());
    }
    store.shutdown().await;
}

#[tokio::test]
async fn of_many_callers_with_one_expectation_one_wins() {
    let (store, client) = server().await;
    let racers = (0..20).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { append(&client, "name-alice", NoStream, event(n)).await })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            refused => assert_eq!(conflict(refused), (NoStream, CurrentRevision::Current(0))),
        }
    }
    assert_eq!(won, 1);
    store.shutdown().await;
}

#[tokio::test]
async fn a_batch_is_appended_and_conflicts_as_an_append() {
    let (store, client) = server().await;
    let batch = client.batch_append(&eventstore::BatchAppendOptions::default()).await.unwrap();
    let written = batch.append_to_stream(name("s"), NoStream, events(0..3)).await.unwrap();
    assert_eq!(written.current_revision(), Some(2));
    let options = AppendToStreamOptions::default().expected_revision(Exact(2));
    client.append_to_stream(name("s"), &options, event(3)).await.unwrap();
    assert_eq!(numbers(&read(&client, &name("s")).await.unwrap()), [0, 1, 2, 3]);
    store.shutdown().await;
}
