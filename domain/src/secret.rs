//! Secrets, and what may be kept of them.
//!
//! [`Secret`] can be neither serialized nor printed, so it cannot reach an
//! event, a log line or an error text. The log keeps a [`SecretHash`].

use std::{fmt, hash};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::hex;

/// A value that must not leave the process except where [`expose`](Self::expose) is written.
///
/// ```compile_fail
/// fn loggable(secret: &domain::Secret<String>) -> String {
///     serde_json::to_string(secret).unwrap() // a secret has no `Serialize`
/// }
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the secret; each use is a place to review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// SHA-256 of a secret of 256 random bits; 64 lowercase hex digits in JSON.
///
/// Never of anything that can be guessed.
#[derive(Clone, Copy, Eq)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In constant time, so that a guesser learns nothing from how long it took.
impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl hash::Hash for SecretHash {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHash({self})")
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::read(&text).map(Self).ok_or_else(|| de::Error::custom("expected 64 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_itself_and_differs_from_any_other_in_any_bit() {
        let hash = SecretHash::of("secret");
        assert_eq!(hash, SecretHash::of("secret"));
        for bit in 0..256 {
            let mut bytes = *hash.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(hash, SecretHash::from_bytes(bytes), "{bit}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "[secret]");
    }

    #[test]
    fn a_hash_survives_the_log_and_a_malformed_one_is_refused() {
        let hash = SecretHash::of("abc");
        let json = serde_json::to_string(&hash).unwrap();
        assert!(json.starts_with("\"ba7816bf"));
        assert_eq!(serde_json::from_str::<SecretHash>(&json).unwrap(), hash);
        assert!(serde_json::from_str::<SecretHash>(&json.to_uppercase()).is_err());
    }
}
