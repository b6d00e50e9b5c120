//! Read: pages of the log's events, for replay, export and catching up.

use eventstore::RecordedEvent;

use crate::{
    Item, Log, Position, ReadError, Recorded, Unavailable,
    page::{self, Direction},
    vault,
};

/// Fewer would be many round trips, more would not end within a deadline.
const PAGE: usize = 1_000;

impl Log {
    /// Returns at most `max` events of the whole log, without system and vault streams.
    ///
    /// Forwards: those after `from` (`None`: from the beginning), oldest first. Backwards: those
    /// before `from` (`None`: from the end), newest first. Fewer than `max` only where the log ends.
    pub async fn read_all(
        &self,
        from: Option<Position>,
        backwards: bool,
        max: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let stored = self.history(from, backwards, max).await?;
        stored.into_iter().map(|stored| Ok(Recorded::try_from(stored)?)).collect()
    }

    /// The same forwards, where an event that can not be read is one of the items: for whoever
    /// must go on.
    pub async fn read_on(
        &self,
        after: Option<Position>,
        max: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        let stored = self.history(after, false, max).await?;
        Ok(stored.into_iter().map(Item::from).collect())
    }

    async fn history(
        &self,
        from: Option<Position>,
        backwards: bool,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, Unavailable> {
        let direction = if backwards { Direction::Backwards } else { Direction::Forwards };
        let (mut events, mut from) = (Vec::new(), from);
        while events.len() < max {
            let end = self.connection().deadline();
            let read = page::of_all(self.connection(), end, from, direction, PAGE);
            let page = read.await.map_err(Unavailable::from)?;
            let (full, after) = (page.len() == PAGE, from);
            from = page.last().map(|event| event.position.into());
            for stored in page {
                // Forwards the log reads from a position on, that one included.
                let seen = !backwards && after == Some(stored.position.into());
                if !seen && is_history(&stored.stream_id) && events.len() < max {
                    events.push(stored);
                }
            }
            if !full {
                break;
            }
        }
        Ok(events)
    }

    /// Returns the events of `stream` from `from_revision` on, at most `max`; none if there is no
    /// such stream.
    pub async fn read_stream(
        &self,
        stream: &str,
        from_revision: u64,
        max: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let end = self.connection().deadline();
        let from = Some(from_revision);
        let read = page::of_stream(self.connection(), end, stream, from, Direction::Forwards, max);
        let page = read.await.map_err(Unavailable::from)?;
        page.events.into_iter().map(|stored| Ok(Recorded::try_from(stored)?)).collect()
    }
}

/// Whether a stream's events tell what happened: the log's own and the vault's do not.
fn is_history(stream: &str) -> bool {
    !stream.starts_with('$') && !vault::is_vault(stream)
}
