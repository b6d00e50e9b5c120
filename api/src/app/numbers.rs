//! Numbers: small ones for people, given out from blocks that a node takes of the sequence.
//!
//! A block is one event for a hundred people; what a restart leaves of it is never given out.

use std::ops::RangeInclusive;

use domain::number_sequence::{Command, Event, NumberSequence, Sequence};
use store::Log;
use tokio::sync::Mutex;

use super::request::Undertaking;
use crate::error::Error;

/// Numbers taken at a time.
const BLOCK: u32 = 100;

/// What is left of this node's block.
#[derive(Debug)]
pub struct Numbers(Mutex<RangeInclusive<u64>>);

impl Default for Numbers {
    fn default() -> Self {
        Self(Mutex::new(RangeInclusive::new(1, 0)))
    }
}

impl Numbers {
    /// Returns a number that nobody has and nobody will be given again.
    pub(super) async fn next_user(
        &self,
        log: &Log,
        undertaking: &Undertaking<'_>,
    ) -> Result<u64, Error> {
        let mut block = self.0.lock().await;
        if let Some(number) = block.next() {
            return Ok(number);
        }
        let context = undertaking.afresh().on::<NumberSequence>(Sequence::User).await?;
        let take = Command::TakeBlock { size: BLOCK };
        let taken = log.execute::<NumberSequence>(Sequence::User, &take, &context).await?;
        for Event::BlockTaken { from, to } in taken.events {
            *block = from..=to;
        }
        block.next().ok_or_else(|| Error::Internal(anyhow::anyhow!("a block of numbers is empty")))
    }
}
