//! A service's data folder, looked into from outside: its log, and the key that opens it.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use domain::Secret;
use embedded_store::EmbeddedStore;

use crate::reconcile::history;

/// Streams in which the service keeps notes of its own work, at moments of its own choosing.
const NOTES: [&str; 1] = ["reactor_cursor"];

/// The log of a data folder, and how it was reached.
#[derive(Debug)]
pub struct OpenLog {
    url: String,
    /// Ours, if the service does not run.
    store: Option<EmbeddedStore>,
}

impl OpenLog {
    /// Reaches the running service's log, or opens that of a stopped one.
    pub async fn of(data: &Path) -> Result<Self> {
        let file = data.join("log.sqlite");
        anyhow::ensure!(file.exists(), "{} holds no log", data.display());
        match EmbeddedStore::builder().path(&file).start().await {
            Ok(store) => Ok(Self { url: store.url(), store: Some(store) }),
            Err(in_use) => {
                let url = fs::read_to_string(data.join("log.url")).context(in_use)?;
                Ok(Self { url: url.trim().to_owned(), store: None })
            }
        }
    }

    /// Its address, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether no service runs on the folder, so that its other files may be opened too.
    pub const fn is_ours(&self) -> bool {
        self.store.is_some()
    }

    /// Every event in it, in its order, as `stream@revision type`; notes of the service's own apart.
    pub async fn events(&self) -> Result<Vec<String>> {
        let mut events = Vec::new();
        history::each(&self.url, |event| {
            let (category, _) = event.noun();
            if !category.starts_with('$') && !NOTES.contains(&category) {
                events.push(format!("{}@{} {}", event.stream, event.revision, event.kind));
            }
        })
        .await?;
        Ok(events)
    }

    /// Leaves it as it was.
    pub async fn close(self) {
        if let Some(store) = self.store {
            store.shutdown().await;
        }
    }
}

/// The master key that was made for an embedded log.
pub fn master_key(data: &Path) -> Result<Secret<String>> {
    let file = data.join("master.key");
    let key = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(Secret::new(key.trim().to_owned()))
}
