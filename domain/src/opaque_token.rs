//! The text of an opaque token: `{prefix}_{id}_{secret}{checksum}`.
//!
//! The id names the token's stream, so a lookup needs no table; the checksum
//! (CRC-32 of all before it) refuses a typo before any I/O. Fixed widths: 22,
//! 43 and 6 base62 digits. A user key is the id and the checksum alone.

use uuid::Uuid;

use crate::{
    base62,
    secret::{Secret, SecretHash},
};

const SECRET_WIDTH: usize = 43;
const CHECKSUM_WIDTH: usize = 6;

/// What a token is for; decides its prefix and its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `nxa_`: an agent token.
    Agent,
    /// `nxr_`: a refresh token; the id is its family's.
    Refresh,
    /// `nxl_`: the cookie of a login.
    Login,
    /// `nxs_`: a session token.
    Session,
    /// `nxt_`: a ticket, good for one socket.
    Ticket,
    /// `nxv_`: a service credential.
    Service,
    /// `nxc_`: the secret of an OAuth client; the id is the client's.
    Client,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Agent,
        Self::Refresh,
        Self::Login,
        Self::Session,
        Self::Ticket,
        Self::Service,
        Self::Client,
    ];

    /// What its texts begin with, for people and for secret scanners. Never changed.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "nxa",
            Self::Refresh => "nxr",
            Self::Login => "nxl",
            Self::Session => "nxs",
            Self::Ticket => "nxt",
            Self::Service => "nxv",
            Self::Client => "nxc",
        }
    }
}

/// A token someone presented: well formed, which says nothing of whether it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    pub kind: Kind,
    /// Names the stream.
    pub id: Uuid,
    /// SHA-256 of the whole text.
    pub hash: SecretHash,
}

/// Writes a new token.
pub fn write(kind: Kind, id: Uuid, secret: &Secret<[u8; 32]>) -> Secret<String> {
    let mut text = format!("{}_{}_", kind.prefix(), base62::encode_uuid(id));
    text.push_str(&base62::encode(secret.expose(), SECRET_WIDTH));
    text.push_str(&checksum(&text));
    Secret::new(text)
}

/// Reads a token; `None` if it cannot be one of ours.
pub fn read(text: &str) -> Option<Presented> {
    let (body, check) = text.split_at_checked(text.len().checked_sub(CHECKSUM_WIDTH)?)?;
    let (prefix, rest) = body.split_once('_')?;
    let (id, secret) = rest.split_once('_')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
    // The secret's digits are not read: what is not what was written hashes to something else.
    if secret.len() != SECRET_WIDTH || base62::decode(check)? != sum(body) {
        return None;
    }
    let id = base62::decode_uuid(id)?;
    Some(Presented { kind, id, hash: SecretHash::of(text) })
}

/// The part that may be shown for good: prefix and the last four characters.
pub fn hint(token: &Secret<String>) -> String {
    let text = token.expose();
    let (prefix, last) = (&text[..4], &text[text.len() - 4..]);
    format!("{prefix}...{last}")
}

/// Writes the `user_key` of the person `id`, which is no secret.
pub fn write_user_key(id: Uuid) -> String {
    let mut text = format!("nxk_{}", base62::encode_uuid(id));
    text.push_str(&checksum(&text));
    text
}

/// Reads a `user_key`.
pub fn read_user_key(text: &str) -> Option<Uuid> {
    let (body, check) = text.split_at_checked(text.len().checked_sub(CHECKSUM_WIDTH)?)?;
    let id = base62::decode_uuid(body.strip_prefix("nxk_")?)?;
    (base62::decode(check)? == sum(body)).then_some(id)
}

fn checksum(text: &str) -> String {
    base62::encode(&sum(text), CHECKSUM_WIDTH)
}

fn sum(text: &str) -> [u8; 4] {
    crc32fast::hash(text.as_bytes()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Secret<String> {
        write(Kind::Agent, Uuid::from_u128(42), &Secret::new([9; 32]))
    }

    #[test]
    fn a_token_names_its_stream() {
        let read = read(token().expose()).unwrap();
        assert_eq!((read.kind, read.id), (Kind::Agent, Uuid::from_u128(42)));
        assert_eq!(read.hash, SecretHash::of(token().expose()));
        assert_eq!(token().expose().len(), 4 + 22 + 1 + 43 + 6);
    }

    #[test]
    fn any_changed_character_is_refused() {
        let token = token();
        for (place, _) in token.expose().char_indices() {
            for other in ["0", "z", "_", "é"] {
                let mut forged = token.expose().clone();
                forged.replace_range(place..=place, other);
                assert!(forged == *token.expose() || read(&forged).is_none(), "{place} {other}");
            }
        }
    }

    #[test]
    fn any_truncation_or_addition_is_refused() {
        let text = token().expose().clone();
        assert!((0..text.len()).all(|length| read(&text[..length]).is_none()));
        assert!(read(&format!("{text}0")).is_none());
        assert!(read(&format!(" {text}")).is_none());
    }

    #[test]
    fn a_hint_shows_the_prefix_and_the_last_four() {
        let hint = hint(&token());
        assert!(hint.starts_with("nxa_...") && hint.len() == 11);
    }

    #[test]
    fn a_user_key_survives_and_a_typo_is_refused() {
        let key = write_user_key(Uuid::from_u128(7));
        assert_eq!(read_user_key(&key), Some(Uuid::from_u128(7)));
        assert_eq!(read_user_key(&key.replace("nxk", "nxa")), None);
        assert_eq!(read_user_key(""), None);
    }
}
