//! Feed: the log in batches, opened, ready to be applied.

use store::{Follower, Log, Position, Unavailable, Vault};

use crate::{batch::Batch, entry};

/// The most events in a batch.
const BATCH: usize = 1_000;

/// Events after some position, in the log's order, with their fields opened.
pub(crate) struct Feed {
    vault: Vault,
    follower: Follower,
    /// Where the last batch ended.
    reached: Option<Position>,
    /// What the log has handed out, and a limit has held back.
    held: Option<store::Batch>,
}

/// A batch, and whether more was waiting.
pub(crate) struct Stretch {
    pub(crate) batch: Batch,
    pub(crate) caught_up: bool,
}

impl Feed {
    /// Feeds what comes after `after` in the streams of `categories`.
    pub(crate) fn new(
        log: &Log,
        vault: &Vault,
        after: Option<Position>,
        categories: &[&str],
    ) -> Self {
        let follower = log.follow(after, categories);
        Self { vault: vault.clone(), follower, reached: after, held: None }
    }

    /// Where the last batch ended; a new feed goes on from here.
    pub(crate) const fn reached(&self) -> Option<Position> {
        self.reached
    }

    /// Waits for the next batch, which ends at `limit` at the latest.
    ///
    /// May be dropped while it waits. After an error the feed is to be replaced: what could not be
    /// opened is lost to this one.
    pub(crate) async fn next(&mut self, limit: Option<Position>) -> Result<Stretch, Unavailable> {
        if self.held.is_none() {
            self.held = Some(self.follower.next_batch(BATCH).await);
        }
        let mut batch = self.held.take().expect("it was filled just now");
        let mut caught_up = batch.caught_up;
        if let Some(limit) = limit.filter(|limit| *limit < batch.reached) {
            let later = batch.events.extract_if(.., |item| item.position() > limit).collect();
            let reached = std::mem::replace(&mut batch.reached, limit);
            self.held = Some(store::Batch { events: later, reached, caught_up });
            caught_up = true;
        }
        let mut items = Vec::with_capacity(batch.events.len());
        for item in batch.events {
            items.push(entry::open(&self.vault, item).await?);
        }
        let after = self.reached.replace(batch.reached);
        Ok(Stretch { batch: Batch { after, reached: batch.reached, items }, caught_up })
    }
}
