//! Master keys: they wrap every other key, and are never in the log.
//!
//! A list, newest first: all unwrap, the first wraps. So a new one is put in
//! front, everything is wrapped again, and the old one is dropped.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::cipher::{Key, Text};
use crate::random;

/// The field that a wrapped key is bound to, beside its stream.
const FIELD: &str = "key";

/// The keys that wrap other keys.
#[derive(Clone, Debug)]
pub struct MasterKeys(Vec<Secret<[u8; 32]>>);

/// Not a list of 32-byte keys in base64; the text is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64; several are separated by commas, newest first")]
pub struct InvalidMasterKey;

/// A key under a master key, as it lies in a vault stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Wrapped {
    /// Tells which master key it was; not the key, nor a hash of it that helps to find it.
    kek_id: String,
    nonce: String,
    ciphertext: String,
}

/// A key taken out of its wrapping.
pub(super) struct Unwrapped {
    pub(super) key: Secret<[u8; 32]>,
    /// It should be wrapped again: the master key is not the newest.
    pub(super) outdated: bool,
}

impl MasterKeys {
    /// Reads the text of an environment variable or a file.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        text.trim().split(',').map(|key| parse_one(key.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Makes a new list of one.
    pub fn generate() -> Self {
        Self(vec![random::bytes()])
    }

    /// Returns the text that [`parse`](Self::parse) reads.
    pub fn encode(&self) -> Secret<String> {
        let keys: Vec<_> = self.0.iter().map(|key| STANDARD.encode(key.expose())).collect();
        let text = Secret::new(keys.join(","));
        for mut key in keys {
            key.zeroize();
        }
        text
    }

    pub(super) fn wrap(&self, stream: &str, key: &Secret<[u8; 32]>) -> Wrapped {
        let newest = self.0.first().expect("a list of master keys is never empty");
        let Text { nonce, text } = Key::new(newest).seal(stream, FIELD, key.expose());
        Wrapped { kek_id: kek_id(newest), nonce, ciphertext: text }
    }

    /// `None`: no key of the list opens it.
    pub(super) fn unwrap(&self, stream: &str, wrapped: &Wrapped) -> Option<Unwrapped> {
        let index = self.0.iter().position(|master| kek_id(master) == wrapped.kek_id)?;
        let master = Key::new(&self.0[index]);
        let opened = master.open(stream, FIELD, &wrapped.nonce, &wrapped.ciphertext)?;
        let key = Secret::new(opened.expose().as_slice().try_into().ok()?);
        Some(Unwrapped { key, outdated: index > 0 })
    }
}

fn parse_one(text: &str) -> Result<Secret<[u8; 32]>, InvalidMasterKey> {
    let bytes = Secret::new(STANDARD.decode(text).map_err(|_| InvalidMasterKey)?);
    bytes.expose().as_slice().try_into().map(Secret::new).map_err(|_| InvalidMasterKey)
}

fn kek_id(master: &Secret<[u8; 32]>) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, master.expose());
    hex::encode(&hmac::sign(&key, b"keyledger kek id").as_ref()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_text_and_do_not_print() {
        let keys = MasterKeys::generate();
        let text = keys.encode();
        let again = MasterKeys::parse(&format!(" {}\n", text.expose())).unwrap();
        assert_eq!(again.encode().expose(), text.expose());
        assert!(!format!("{keys:?}").contains(&text.expose()[..8]));
    }

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        for text in ["", "x", "AAAA", "AAAA,", &format!("{},", "A".repeat(44))] {
            assert_eq!(MasterKeys::parse(text).unwrap_err(), InvalidMasterKey, "{text}");
        }
    }

    #[test]
    fn an_old_master_key_still_unwraps_and_says_so() {
        let (old, new) = (MasterKeys::generate(), MasterKeys::generate());
        let key = random::bytes();
        let wrapped = old.wrap("secret-pepper", &key);
        let text = format!("{},{}", new.encode().expose(), old.encode().expose());
        let both = MasterKeys::parse(&text).unwrap();

        let unwrapped = both.unwrap("secret-pepper", &wrapped).unwrap();
        assert_eq!(unwrapped.key.expose(), key.expose());
        assert!(unwrapped.outdated);
        assert!(!both.unwrap("s", &both.wrap("s", &key)).unwrap().outdated);
        assert!(new.unwrap("secret-pepper", &wrapped).is_none());
        assert!(old.unwrap("secret-other", &wrapped).is_none());
    }
}
