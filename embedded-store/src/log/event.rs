//! Events: proposed by a client, recorded by the log.

use super::StreamName;
use bytes::Bytes;
use std::sync::OnceLock;
use uuid::Uuid;

/// A place in the log: strictly increasing, sparse, never 0 for an event.
pub(crate) type Position = i64;

/// The number of an event in its stream, from 0; `NO_EVENT` before the first.
pub(crate) type Revision = i64;

/// The revision of a stream that has no event.
pub(crate) const NO_EVENT: Revision = -1;

/// The number of the event that tombstones a stream: nothing can follow it.
pub(crate) const TOMBSTONE: Revision = i64::MAX;

/// The type of the event that describes a stream, in its metastream.
pub(crate) const METADATA_TYPE: &str = "$metadata";

/// The type of the event that tombstones a stream.
pub(crate) const TOMBSTONE_TYPE: &str = "$streamDeleted";

/// An event that a client wants to append.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) is_json: bool,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
}

impl Proposed {
    /// What this event counts for against the limit of one append, in bytes: the type as UTF-16.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + self.metadata.len() + 2 * self.event_type.encode_utf16().count()
    }
}

/// An event of the log.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) position: Position,
    pub(crate) stream: StreamName,
    pub(crate) revision: Revision,
    pub(crate) id: Uuid,
    /// Ticks of 100 ns since the Unix epoch.
    pub(crate) created: i64,
    pub(crate) event_type: Box<str>,
    pub(crate) is_json: bool,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
    /// As it is sent, once someone needed it so.
    pub(crate) encoded: OnceLock<Bytes>,
}

impl Recorded {
    pub(crate) fn is_tombstone(&self) -> bool {
        self.revision == TOMBSTONE
    }

    /// Bytes of data and metadata.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + self.metadata.len()
    }

    /// About how much memory the event takes, in bytes, until it is encoded.
    pub(crate) fn weight(&self) -> usize {
        OVERHEAD + self.size()
    }
}

/// What an event weighs besides its data and metadata: names, numbers, pointers.
const OVERHEAD: usize = 200;

/// How far a record moves the log's position: like its size in bytes, so that nobody counts on
/// positions being dense.
pub(crate) fn record_size(stream: &StreamName, event: &Proposed) -> Position {
    let bytes = stream.as_str().len() + event.event_type.len() + event.size();
    EMPTY_RECORD + Position::try_from(bytes).unwrap_or(Position::from(u32::MAX))
}

/// The size of a record without an event: what an empty append writes.
pub(crate) const EMPTY_RECORD: Position = 100;
