//! Reading the whole log in pages.

use std::collections::HashSet;

use store::{MasterKeys, Position, Vault};

use crate::support::{Command, Latest, Tally, context, fresh, new_id};

#[tokio::test]
async fn pages_forwards_and_backwards_hold_every_event_once() {
    let (_store, log) = fresh().await;
    for _ in 0..5 {
        let add = Command::AddEach(vec![1; 7]);
        log.execute::<Tally>(new_id(), &add, &context()).await.unwrap();
    }
    for backwards in [false, true] {
        let (mut positions, mut from) = (Vec::new(), None);
        loop {
            let page = log.read_all(from, backwards, 10).await.unwrap();
            positions.extend(page.iter().map(|event| event.position));
            from = positions.last().copied();
            if page.len() < 10 {
                break;
            }
        }
        assert_eq!(positions.len(), 35);
        assert_eq!(positions.iter().collect::<HashSet<_>>().len(), 35);
        assert!(positions.is_sorted_by(|one, two| (one < two) != backwards));
    }
}

#[tokio::test]
async fn neither_the_vault_nor_the_servers_own_streams_are_history() {
    let (_store, log) = fresh().await;
    Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    log.execute::<Latest>(new_id(), &1, &context()).await.unwrap();
    let page = log.read_all(None, false, 100).await.unwrap();
    assert_eq!(page.iter().map(store::Recorded::category).collect::<Vec<_>>(), ["latest"]);
}

#[tokio::test]
async fn an_empty_log_and_an_unknown_stream_have_no_events() {
    let (_store, log) = fresh().await;
    assert_eq!(log.head().await.unwrap(), None);
    assert!(log.read_all(None, true, 10).await.unwrap().is_empty());
    assert!(log.read_all(Some(Position::START), false, 10).await.unwrap().is_empty());
    assert!(log.read_stream("tally-unknown", 0, 10).await.unwrap().is_empty());
}
