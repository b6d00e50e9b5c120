//! Vault stream: one value, the newest; destroyed by a tombstone.
//!
//! `$maxCount` 1, so what was replaced is out of reach at once. Its events are
//! JSON of their own, marked in the metadata, and no part of the history.

use domain::id::CommandId;
use eventstore::{EventData, TombstoneStreamOptions};
use fail::fail_point;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::VaultError;
use crate::{
    Context, Log, Metadata,
    append::event_id,
    connection::Failure,
    page::{self, Direction},
};

/// How often a tombstone is tried while others write to the stream.
const ATTEMPTS: usize = 10;

#[derive(Serialize, Deserialize)]
struct Marked {
    /// Tells a vault's event from the history's.
    vault: bool,
    #[serde(flatten)]
    metadata: Metadata,
}

/// What a vault stream holds.
pub(super) enum Held<T> {
    /// Nothing yet.
    Nothing,
    /// Nothing any more, for good.
    Destroyed,
    Value {
        value: T,
        revision: u64,
        command: CommandId,
    },
}

impl Log {
    pub(super) async fn vault_read<T: DeserializeOwned>(
        &self,
        stream: &str,
    ) -> Result<Held<T>, VaultError> {
        let end = self.connection().deadline();
        let read = page::of_stream(self.connection(), end, stream, None, Direction::Backwards, 1);
        let page = match read.await {
            Ok(page) => page,
            Err(Failure::Deleted) => return Ok(Held::Destroyed),
            Err(failure) => return Err(VaultError::Unavailable(failure.into())),
        };
        let Some(stored) = page.events.first() else { return Ok(Held::Nothing) };
        let Marked { metadata, .. } =
            serde_json::from_slice(&stored.custom_metadata).map_err(VaultError::Malformed)?;
        let value = serde_json::from_slice(&stored.data).map_err(VaultError::Malformed)?;
        let (revision, command) = (stored.revision, metadata.command_id);
        Ok(Held::Value { value, revision, command })
    }

    /// Replaces what was read at `expected` (`None`: nothing); returns the new revision.
    pub(super) async fn vault_write<T: Serialize + Sync>(
        &self,
        stream: &str,
        expected: Option<u64>,
        event_type: &str,
        value: &T,
        context: &Context,
    ) -> Result<Result<u64, Failure>, VaultError> {
        let end = self.connection().deadline();
        let event = self.vault_event(stream, event_type, value, context);
        let event = event.map_err(VaultError::Malformed)?;
        Ok(self.vault_append(stream, expected, event, end).await)
    }

    async fn vault_append(
        &self,
        stream: &str,
        expected: Option<u64>,
        event: EventData,
        end: Instant,
    ) -> Result<u64, Failure> {
        if expected.is_none() {
            self.retain(stream, domain::Retention::Newest, end).await?;
        }
        fail_point!("vault.before");
        let written = self.append_raw(stream, expected, vec![event], end).await?;
        fail_point!("vault.after");
        Ok(written.next_expected_version)
    }

    fn vault_event<T: Serialize>(
        &self,
        stream: &str,
        event_type: &str,
        value: &T,
        context: &Context,
    ) -> serde_json::Result<EventData> {
        let metadata = self.metadata(context, 1, context.occurred_at, None);
        let id = event_id(context, stream, 0, &serde_json::to_vec(value)?);
        EventData::json(event_type, value)?
            .id(id)
            .metadata_as_json(&Marked { vault: true, metadata })
    }

    /// Destroys what `stream` holds; nothing can ever be written to it again, even if nothing was.
    pub(super) async fn vault_destroy(&self, stream: &str) -> Result<(), VaultError> {
        use eventstore::ExpectedRevision::{Exact, NoStream};

        let end = self.connection().deadline();
        for _ in 0..ATTEMPTS {
            let expected = match self.vault_read::<serde_json::Value>(stream).await? {
                Held::Destroyed => {
                    // Perhaps by someone who was killed before its scavenge had started.
                    self.scavenge_soon();
                    return Ok(());
                }
                Held::Nothing => NoStream,
                Held::Value { revision, .. } => Exact(revision),
            };
            let options = TombstoneStreamOptions::default().expected_revision(expected);
            let destroyed = self
                .connection()
                .call(end, |client| {
                    let (stream, options) = (stream.to_owned(), options.clone());
                    async move { client.tombstone_stream(stream, &options).await }
                })
                .await;
            match destroyed {
                Ok(_) | Err(Failure::Deleted) => {
                    self.scavenge_soon();
                    return Ok(());
                }
                Err(Failure::Conflict { .. }) => {}
                Err(Failure::Unavailable(unavailable)) => return Err(unavailable.into()),
            }
        }
        Err(crate::Unavailable::because("the stream kept changing while it was destroyed").into())
    }
}
