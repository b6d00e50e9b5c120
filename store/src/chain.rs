//! Chain: each event names the digest of the one before it in its stream.
//!
//! It needs no lock: the expected revision already makes one writer the next.

use sha2::{Digest, Sha256};

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
