//! Embedded log: a store in this process, for this process alone.
//!
//! It listens on a free port of the loopback and asks for a password that only the data folder's
//! owner can read, so that no other user of the machine can write the log.

use anyhow::Context;
use domain::Secret;
use embedded_store::EmbeddedStore;
use store::random;

use super::data_folder::DataFolder;

/// The log, in SQLite.
const LOG: &str = "log.sqlite";
/// Where it is reached while it runs, password included.
const ACCESS: &str = "log.url";

/// Starts the store; returns it and its address.
pub(super) async fn start(folder: &DataFolder) -> anyhow::Result<(EmbeddedStore, Secret<String>)> {
    let password = hex::encode(random::bytes::<16>().expose());
    let store = EmbeddedStore::builder()
        .path(folder.path().join(LOG))
        .credentials("keyledger", password)
        .start()
        .await
        .context("the embedded log does not start")?;
    let url = Secret::new(store.url());
    folder.write_secret(ACCESS, &url)?;
    Ok((store, url))
}
