//! Rewrapping: every key under the newest master key, so that older ones can be dropped.
//!
//! Each key is read and wrapped again where it is not yet, so a run that was interrupted is simply
//! run again. What is made meanwhile is wrapped with the newest key from the start.

use domain::id::SubjectId;

use super::{Vault, VaultError, pepper};
use crate::{Context, Item, Position};

/// Streams taken at a time.
const PAGE: usize = 500;

/// How far a rewrapping has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapping {
    /// Keys looked at.
    pub seen: u64,
    /// Keys wrapped again.
    pub rewrapped: u64,
    pub reached: Option<Position>,
}

impl Vault {
    /// Wraps every key with the newest master key. `go_on` is told how far it is, and stops it.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongMasterKey`] for a key that none of the given ones opens; those before it
    /// are wrapped.
    pub async fn rewrap(
        &self,
        context: &Context,
        mut go_on: impl FnMut(Rewrapping) -> bool,
    ) -> Result<Rewrapping, VaultError> {
        let mut done = Rewrapping::default();
        done.seen += 1;
        done.rewrapped += u64::from(pepper::rewrap(&self.inner.log, &self.inner.keys).await?);
        let mut keys = self.inner.log.follow(None, &["subject_key"]);
        loop {
            let batch = keys.next_batch(PAGE).await;
            for item in &batch.events {
                let stream = match item {
                    Item::Event(event) => &event.stream,
                    Item::Unreadable(event) => &event.stream,
                };
                let id = stream.split_once('-').and_then(|(_, id)| id.parse::<SubjectId>().ok());
                let Some(subject) = id else { continue };
                let step = context.step(&format!("rewrap {subject}"));
                done.seen += 1;
                done.rewrapped += u64::from(self.rewrap_subject_key(subject, &step).await?);
            }
            done.reached = Some(batch.reached);
            if !go_on(done) || batch.caught_up {
                return Ok(done);
            }
        }
    }
}
