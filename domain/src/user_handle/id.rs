//! The name of a name: what stands for it where the name itself must not.

use std::{fmt, str::FromStr};

use crate::{hex, id::InvalidId};

/// 128 bits of an HMAC of a folded user name under the pepper; 32 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HandleId([u8; 16]);

impl HandleId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for HandleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for HandleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandleId({self})")
    }
}

impl FromStr for HandleId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        hex::read(text).map(Self).ok_or(InvalidId)
    }
}
