//! Appending: what is answered is what is read.

use crate::support::{events, id, read, store};
use eventstore::{AppendToStreamOptions, ExpectedRevision};

#[tokio::test]
async fn an_append_answers_with_the_last_events_position_and_number() {
    let (store, client) = store().await;
    let options = AppendToStreamOptions::default().expected_revision(ExpectedRevision::NoStream);
    let written = client.append_to_stream("s", &options, events(0..3)).await.unwrap();
    assert_eq!(written.next_expected_version, 2);

    let read = read(&client, "s").await.unwrap();
    let recorded: Vec<_> = read.iter().map(|e| e.get_original_event()).collect();
    assert_eq!(recorded.iter().map(|e| e.id).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    assert_eq!(recorded.iter().map(|e| e.revision).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(recorded.is_sorted_by(|a, b| a.position.commit < b.position.commit));
    assert_eq!(recorded[2].position, written.position);
    store.shutdown().await;
}
