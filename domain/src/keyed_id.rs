//! Ids that stand for what must not be read from a stream's name: HMACs under the pepper.
//!
//! Whoever knows the thing and the pepper finds its stream; nobody else learns what it was.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{hex, id::InvalidId};

macro_rules! keyed_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Takes the first 128 bits of an HMAC-SHA-256.
            pub fn of(mac: &[u8; 32]) -> Self {
                Self(*mac.first_chunk().expect("32 bytes are more than 16"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                hex::read(text).map(Self).ok_or(InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| de::Error::custom("expected 32 hex digits"))
            }
        }
    )*};
}

keyed_ids! {
    /// Of a workspace, a platform and somebody's id there; 32 lowercase hex digits.
    PlatformIdentityId;
    /// Of an identity provider and a person's id there; 32 lowercase hex digits.
    ClerkUserId;
    /// Of an identity provider and an organisation's id there; 32 lowercase hex digits.
    ClerkOrgId;
    /// Of an identity provider, an organisation and a person there; 32 lowercase hex digits.
    ClerkMemberId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = PlatformIdentityId::of(&[0xab; 32]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("AB".repeat(16).parse::<PlatformIdentityId>(), Err(InvalidId));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<PlatformIdentityId>(&json).unwrap(), id);
    }
}
