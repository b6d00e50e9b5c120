//! The name of a code: what stands for it where the code itself must not.

use std::{fmt, str::FromStr};

use crate::{hex, id::InvalidId};

/// 128 bits of an HMAC of a code under the pepper; 32 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PairingCodeId([u8; 16]);

impl PairingCodeId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for PairingCodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for PairingCodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PairingCodeId({self})")
    }
}

impl FromStr for PairingCodeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        hex::read(text).map(Self).ok_or(InvalidId)
    }
}
