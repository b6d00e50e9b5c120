//! Fields that only the holder of a subject's key can read.
//!
//! In the log a sealed field is ciphertext and the subject whose key opens it.
//! `store` seals values on their way in and opens fields on their way out, on
//! the JSON, before an event is decoded; the rules here never look inside.
//! Destroying the subject's key turns every such field [`Blank`](Sealed::Blank).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser};
use serde_json::{Value, json};

use crate::id::SubjectId;

/// The member that marks ciphertext in a payload.
pub const SEALED: &str = "$sealed";
/// The member that marks a field opened for reading; never in the log.
pub const OPENED: &str = "$opened";
/// The member that marks a field whose key is destroyed; never in the log.
pub const BLANK: &str = "$blank";

/// A value under its subject's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed<T> {
    /// As it lies in the log.
    Closed(Ciphertext),
    /// Opened for a reader; can not be written.
    Open(T),
    /// The key is destroyed, so nobody can read it any more.
    Blank,
}

impl<T> Sealed<T> {
    /// Returns the value, where it was opened.
    pub const fn opened(&self) -> Option<&T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Closed(_) | Self::Blank => None,
        }
    }
}

/// AES-256-GCM under a subject's data key.
///
/// The associated data are the stream's name, the field's name and the version of this format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ciphertext {
    pub subject: SubjectId,
    /// 96 random bits, base64url without padding.
    pub nonce: String,
    /// Ciphertext and tag, base64url without padding.
    pub text: String,
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Closed(ciphertext) => json!({ SEALED: ciphertext }).serialize(serializer),
            Self::Open(_) | Self::Blank => {
                Err(ser::Error::custom("a field that was opened must not be written"))
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut members = serde_json::Map::deserialize(deserializer)?;
        let mut only = |name: &str| (members.len() == 1).then(|| members.remove(name)).flatten();
        if let Some(ciphertext) = only(SEALED) {
            serde_json::from_value(ciphertext).map(Self::Closed).map_err(D::Error::custom)
        } else if let Some(value) = only(OPENED) {
            serde_json::from_value(value).map(Self::Open).map_err(D::Error::custom)
        } else if only(BLANK) == Some(Value::Bool(true)) {
            Ok(Self::Blank)
        } else {
            Err(D::Error::custom("expected a sealed field"))
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn closed() -> Sealed<String> {
        let subject = SubjectId::from_uuid(Uuid::from_u128(7));
        Sealed::Closed(Ciphertext { subject, nonce: "bm9uY2U".into(), text: "dGV4dA".into() })
    }

    #[test]
    fn a_closed_field_survives_the_log() {
        let json = serde_json::to_string(&closed()).unwrap();
        assert_eq!(serde_json::from_str::<Sealed<String>>(&json).unwrap(), closed());
    }

    #[test]
    fn an_opened_field_is_read_but_never_written() {
        let open: Sealed<String> = serde_json::from_value(json!({ OPENED: "Ada" })).unwrap();
        assert_eq!(open.opened().map(String::as_str), Some("Ada"));
        assert!(serde_json::to_string(&open).is_err());
    }

    #[test]
    fn a_destroyed_key_leaves_a_blank() {
        let blank: Sealed<String> = serde_json::from_value(json!({ BLANK: true })).unwrap();
        assert_eq!(blank, Sealed::Blank);
    }
}
