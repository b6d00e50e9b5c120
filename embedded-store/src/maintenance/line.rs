//! The lines of an export: newline-delimited JSON, without loss.
//!
//! First the log, then its events in order and the streams that have none any more, last the end with
//! a digest of all lines before it, so that a part is never taken for the whole. Text stands as text,
//! byte for byte; anything else as Base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The shape of the lines that this release writes.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line {
    Log { format: u32, instance: Uuid, end: i64 },
    Event(Box<Event>),
    Emptied { stream: String, last: i64 },
    End { events: u64, sha256: String },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) position: i64,
    pub(super) stream: String,
    pub(super) revision: i64,
    pub(super) id: Uuid,
    /// Ticks of 100 ns since the Unix epoch.
    pub(super) created: i64,
    #[serde(rename = "type")]
    pub(super) name: String,
    pub(super) json: bool,
    pub(super) data: Blob,
    pub(super) metadata: Blob,
}

/// Bytes that are text, or are not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Blob {
    Text(String),
    Base64 { base64: String },
}

impl Blob {
    pub(super) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Base64 { base64: STANDARD.encode(bytes) },
        }
    }

    pub(super) fn bytes(self) -> Result<Bytes, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Base64 { base64 } => STANDARD.decode(base64).map(Bytes::from),
        }
    }
}

/// A digest of lines.
#[derive(Clone, Default)]
pub(super) struct Lines(Sha256);

impl Lines {
    pub(super) fn add(&mut self, line: &[u8]) {
        self.0.update(line);
    }

    pub(super) fn digest(self) -> String {
        use std::fmt::Write as _;
        self.0.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
