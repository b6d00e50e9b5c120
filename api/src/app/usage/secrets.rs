//! Client secrets: when each was last used by its application.

use std::{collections::HashMap, sync::Mutex};

use domain::{Time, id::ClientSecretId};
use projections::client_secret_usage;

use super::{App, lock};

/// Secrets remembered between two flushes; the use of more is forgotten.
const MOST: usize = 10_000;

/// What was used since the last flush.
#[derive(Default)]
pub(super) struct Secrets(Mutex<HashMap<ClientSecretId, Time>>);

impl Secrets {
    pub(super) fn observe(&self, secret: ClientSecretId, at: Time) {
        let mut used = lock(&self.0);
        if used.len() < MOST || used.contains_key(&secret) {
            let last = used.entry(secret).or_insert(at);
            *last = at.max(*last);
        }
    }

    fn take(&self) -> Vec<(ClientSecretId, Time)> {
        std::mem::take(&mut *lock(&self.0)).into_iter().collect()
    }
}

impl App {
    /// Writes what was gathered; what can not be written now is kept for the next time.
    pub(super) async fn flush_secrets(&self) {
        let secrets = &self.usage.secrets;
        let batch = secrets.take();
        if client_secret_usage::record(&self.db, &batch).await.is_err() {
            for (secret, at) in batch {
                secrets.observe(secret, at);
            }
        }
    }
}
