//! The name of a code's stream.

use std::{fmt, str::FromStr};

use crate::{Secret, hex, id::InvalidId, secret::SecretHash};

/// Half of the SHA-256 of the code; 32 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthCodeId([u8; 16]);

impl AuthCodeId {
    /// The stream of `code`, which has 256 random bits.
    ///
    /// # Panics
    ///
    /// Never: a hash is longer than its half.
    pub fn of(code: &Secret<String>) -> Self {
        let hash = SecretHash::of(code.expose());
        Self(*hash.as_bytes().first_chunk().expect("32 bytes are more than 16"))
    }
}

impl fmt::Display for AuthCodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for AuthCodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthCodeId({self})")
    }
}

impl FromStr for AuthCodeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        hex::read(text).map(Self).ok_or(InvalidId)
    }
}
