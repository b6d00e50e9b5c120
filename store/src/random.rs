//! Randomness: the operating system's, by way of aws-lc.
//!
//! The only source of secrets, nonces and of ids that nothing derives.

use aws_lc_rs::rand;
use domain::Secret;
use uuid::{Builder, Uuid};
use zeroize::Zeroize;

/// Returns `N` random bytes.
///
/// # Panics
///
/// If the operating system has no randomness to give: nothing can go on safely then.
pub fn bytes<const N: usize>() -> Secret<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives randomness");
    let secret = Secret::new(bytes);
    bytes.zeroize();
    secret
}

/// Returns a random UUID (version 4), for what no command id derives.
pub fn uuid() -> Uuid {
    Builder::from_random_bytes(*bytes::<16>().expose()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike() {
        assert_ne!(uuid(), uuid());
        assert_ne!(bytes::<32>().expose(), bytes::<32>().expose());
    }
}
