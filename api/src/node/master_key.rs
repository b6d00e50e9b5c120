//! Master key: from the configuration, or, for an embedded log, from a file beside it.

use anyhow::Context;
use store::{Log, MasterKeys};

use super::data_folder::DataFolder;
use crate::config::Config;

/// Where the key of an embedded log is kept.
const FILE: &str = "master.key";

/// Returns the keys; a new one is made only for an embedded log that has no event yet.
pub(super) async fn find(
    config: &Config,
    folder: &DataFolder,
    log: &Log,
) -> anyhow::Result<MasterKeys> {
    if let Some(keys) = &config.master_keys {
        return Ok(keys.clone());
    }
    anyhow::ensure!(
        config.eventstore.is_none(),
        "KEYLEDGER_MASTER_KEY must be set when KEYLEDGER_EVENTSTORE is: the key that opens a log \
         others share is not for one node to invent"
    );
    if let Some(kept) = folder.read_secret(FILE)? {
        let keys = MasterKeys::parse(kept.expose().trim());
        return keys.with_context(|| folder.path().join(FILE).display().to_string());
    }
    anyhow::ensure!(
        log.head().await?.is_none(),
        "the log is not empty, but its key is not here: bring back {} or set KEYLEDGER_MASTER_KEY",
        folder.path().join(FILE).display()
    );
    let keys = MasterKeys::generate();
    folder.write_secret(FILE, &keys.encode())?;
    tracing::warn!(
        file = %folder.path().join(FILE).display(),
        "made a master key; without a copy of it the log can not be read"
    );
    Ok(keys)
}
