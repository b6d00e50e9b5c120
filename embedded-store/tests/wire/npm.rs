//! The clients for Node that others wrote, against a store: each plays `tests/node/play.mjs`.

use crate::support::soon;
use embedded_store::EmbeddedStore;
use std::process::Command;

async fn plays(package: &'static str) {
    let store = EmbeddedStore::builder().advertise("localhost").start().await.unwrap();
    let address = format!("localhost:{}", store.address().port());
    let played = tokio::task::spawn_blocking(move || {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node");
        Command::new("node").current_dir(folder).args(["play.mjs", package, &address]).output()
    });
    let played = soon(played).await.unwrap().expect("node is installed");
    let said =
        [played.stdout, played.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(played.status.success(), "`npm ci` in tests/node? {}{}", said[0], said[1]);
    assert_eq!(said[0].matches("held: ").count(), 13, "{}", said[0]);
    store.shutdown().await;
}

#[tokio::test]
async fn the_client_of_eventstore_holds_with_us() {
    plays("@eventstore/db-client").await;
}

#[tokio::test]
async fn the_client_of_kurrent_holds_with_us() {
    plays("@kurrent/kurrentdb-client").await;
}
