//! Chain: each event names the digest of the one before it in its stream.
//!
//! It needs no lock: the expected revision already makes one writer the next.
//! Whoever changes an event in place breaks the link behind it.

use eventstore::RecordedEvent;
use sha2::{Digest, Sha256};

use crate::{
    Log, ReadError, Recorded, Unavailable,
    page::{self, Direction},
};

/// How many events are checked in one read.
const PAGE: usize = 500;

/// What a stream's chain shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every readable event names the one before it.
    Intact { events: u64 },
    /// The event of this revision names another than the one that lies before it.
    Broken { revision: u64 },
}

impl Log {
    /// Checks every link of `stream`, one of an aggregate's.
    ///
    /// A link to an event that is no longer readable is believed.
    pub async fn check_chain(&self, stream: &str) -> Result<Chain, ReadError> {
        let (mut events, mut from, mut previous) = (0, 0, None);
        loop {
            let end = self.connection().deadline();
            let forwards = Direction::Forwards;
            let read = page::of_stream(self.connection(), end, stream, Some(from), forwards, PAGE);
            let page = read.await.map_err(Unavailable::from)?.events;
            let full = page.len() == PAGE;
            for stored in page {
                let digest = hex::encode(digest_of_stored(&stored));
                let Recorded { revision, metadata, .. } = Recorded::try_from(stored)?;
                if previous.is_some() && previous != metadata.prev {
                    return Ok(Chain::Broken { revision });
                }
                previous = Some(digest);
                from = revision + 1;
                events += 1;
            }
            if !full {
                return Ok(Chain::Intact { events });
            }
        }
    }
}

pub(crate) fn digest_of_stored(stored: &RecordedEvent) -> [u8; 32] {
    digest_of(&stored.event_type, &stored.custom_metadata, &stored.data)
}

/// SHA-256 over type, 0x00, metadata, 0x00, payload, as stored.
///
/// The metadata is JSON text, in which no byte is 0x00; so no two events give the same input.
pub fn digest_of(event_type: &str, metadata: &[u8], data: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(event_type)
        .chain_update([0])
        .chain_update(metadata)
        .chain_update([0])
        .chain_update(data)
        .finalize()
        .into()
}
