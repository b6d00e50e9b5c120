//! Request ids: unique among all nodes and cheap to make, since every request gets one.

use std::sync::atomic::{AtomicU64, Ordering};

use store::random;
use uuid::{Builder, Uuid};

/// Gives out ids: random bits that this process drew once, then a count.
#[derive(Debug)]
pub(super) struct RequestIds {
    drawn: [u8; 16],
    given: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self { drawn: *random::bytes().expose(), given: AtomicU64::new(0) }
    }
}

impl RequestIds {
    pub(super) fn next(&self) -> Uuid {
        let mut id = self.drawn;
        let count = self.given.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        // 48 bits of count outlast any process; the other 74 tell processes apart.
        id[10..].copy_from_slice(&count[2..]);
        Builder::from_custom_bytes(id).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike_in_a_process_or_across() {
        let (one, other) = (RequestIds::default(), RequestIds::default());
        let mut ids = [one.next(), one.next(), other.next(), other.next()].to_vec();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }
}
