//! Cipher: AES-256-GCM with random nonces, bound to the place where the ciphertext lies.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Secret;

/// The version of the format; part of what is authenticated.
const FORMAT: u8 = 1;

/// A key that seals and opens.
pub(super) struct Key(RandomizedNonceKey);

/// A sealed text: nonce, and ciphertext with its tag, both base64url without padding.
pub(super) struct Text {
    pub(super) nonce: String,
    pub(super) text: String,
}

impl Key {
    pub(super) fn new(bytes: &Secret<[u8; 32]>) -> Self {
        Self(
            RandomizedNonceKey::new(&AES_256_GCM, bytes.expose())
                .expect("an AES-256 key has 32 bytes"),
        )
    }

    /// Seals `plain` for `field` of `stream`: it opens nowhere else.
    pub(super) fn seal(&self, stream: &str, field: &str, plain: &[u8]) -> Text {
        let mut text = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place(stream, field)), &mut text)
            .expect("AES-GCM seals anything below 64 GiB");
        Text { nonce: URL_SAFE_NO_PAD.encode(nonce.as_ref()), text: URL_SAFE_NO_PAD.encode(&text) }
    }

    /// `None`: not sealed with this key, not for this place, or changed.
    pub(super) fn open(
        &self,
        stream: &str,
        field: &str,
        nonce: &str,
        text: &str,
    ) -> Option<Secret<Vec<u8>>> {
        let nonce: [u8; 12] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let mut text = URL_SAFE_NO_PAD.decode(text).ok()?;
        let aad = Aad::from(place(stream, field));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.0.open_in_place(nonce, aad, &mut text).ok()?.len();
        text.truncate(length);
        Some(Secret::new(text))
    }
}

/// The associated data; the stream's length is in it, so that no two places give the same bytes.
fn place(stream: &str, field: &str) -> Vec<u8> {
    let mut place = vec![FORMAT];
    place.extend_from_slice(&(stream.len() as u64).to_be_bytes());
    place.extend_from_slice(stream.as_bytes());
    place.extend_from_slice(field.as_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn a_text_opens_only_where_it_was_sealed() {
        let key = Key::new(&random::bytes());
        let Text { nonce, text } = key.seal("user-1", "name", b"Ada");
        let opens = |key: &Key, stream, field| key.open(stream, field, &nonce, &text);
        assert_eq!(opens(&key, "user-1", "name").unwrap().expose(), b"Ada");
        assert!(opens(&key, "user-1", "email").is_none());
        assert!(opens(&key, "user-2", "name").is_none());
        assert!(opens(&key, "user-1n", "ame").is_none());
        assert!(opens(&Key::new(&random::bytes()), "user-1", "name").is_none());
    }

    #[test]
    fn a_changed_text_does_not_open_and_does_not_panic() {
        let key = Key::new(&random::bytes());
        let Text { nonce, text } = key.seal("user-1", "name", b"Ada");
        assert!(key.open("user-1", "name", &nonce, &text[4..]).is_none());
        assert!(key.open("user-1", "name", &nonce[4..], &text).is_none());
        assert!(key.open("user-1", "name", "", "").is_none());
        assert!(key.open("user-1", "name", &nonce, "no base64!").is_none());
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way_twice() {
        let key = Key::new(&random::bytes());
        let [one, two] = [(); 2].map(|()| key.seal("user-1", "name", b"Ada"));
        assert_ne!((one.nonce, one.text), (two.nonce, two.text));
    }
}
