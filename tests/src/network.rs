//! Networks: every client calls from a loopback address of its own.
//!
//! The service counts guesses and registrations by the address they come from. With addresses
//! of their own, tests that share a service do not use up each other's budgets.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering},
};

/// Takes an address that no other client of this process has.
pub fn fresh() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let host = NEXT.fetch_add(1, Ordering::Relaxed);
    // A /24 each, since a network may be counted as one. 127.0.0.x is for those who do not care.
    let [_, _, high, low] = (host + 1).to_be_bytes();
    Ipv4Addr::new(127, high.wrapping_add(1), low, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_clients_share_a_network() {
        let (one, other) = (fresh(), fresh());
        assert_ne!(one.octets()[..3], other.octets()[..3]);
        assert!(one.is_loopback() && other.is_loopback());
    }
}
