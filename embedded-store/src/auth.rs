//! Who may call: everyone, or whoever knows the password (HTTP Basic).

use crate::rpc::status;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;
use tonic::Status;

/// A user's name and password. Shows the name only.
#[derive(Clone)]
pub(crate) struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    pub(crate) fn new(user: String, password: String) -> Self {
        Self { user, password }
    }

    /// As they stand in a URL before the host.
    pub(crate) fn in_url(&self) -> String {
        format!("{}:{}@", percent_encode(&self.user), percent_encode(&self.password))
    }

    /// Of `user:password`, and of the same as it stands in a URL: some clients send it undecoded.
    fn digests(&self) -> [Digest; 2] {
        let plain = format!("{}:{}", self.user, self.password);
        let encoded = format!("{}:{}", percent_encode(&self.user), percent_encode(&self.password));
        [digest(plain.as_bytes()), digest(encoded.as_bytes())]
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The door: decides whether a call may come in.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// What opens the door; none lets everyone in.
    keys: Option<[Digest; 2]>,
}

/// What every client calls before it has sent a password.
const ANONYMOUS: &str = "/event_store.client.server_features.ServerFeatures/GetSupportedMethods";

impl Door {
    pub(crate) fn new(credentials: Option<&Credentials>) -> Self {
        Self { keys: credentials.map(Credentials::digests) }
    }

    /// Whether everyone is let in.
    pub(crate) fn is_open(&self) -> bool {
        self.keys.is_none()
    }

    /// Whether a request has what it takes to come in.
    pub(crate) fn opens_to(&self, headers: &HeaderMap) -> bool {
        self.admit("", headers).is_ok()
    }

    /// Lets a call in, or says with which status it is refused.
    pub(crate) fn admit(&self, path: &str, headers: &HeaderMap) -> Result<(), Status> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let Some(header) = headers.get(AUTHORIZATION) else {
            return if path == ANONYMOUS { Ok(()) } else { Err(status::access_denied()) };
        };
        let presented = header
            .to_str()
            .ok()
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok());
        // Digests have one length, so that comparing them tells nothing about the password's.
        match presented {
            Some(presented) if opens(keys, &presented) => Ok(()),
            _ => Err(status::unauthenticated()),
        }
    }
}

/// SHA-256 of a user and password.
type Digest = [u8; 32];

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// Compares with both keys in full, whichever fits.
fn opens(keys: &[Digest; 2], presented: &[u8]) -> bool {
    let presented = digest(presented);
    let [plain, encoded] = keys.each_ref().map(|key| presented.ct_eq(key));
    (plain | encoded).into()
}

fn percent_encode(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Door};
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use http::{HeaderMap, header::AUTHORIZATION};
    use tonic::Code;

    const READ: &str = "/event_store.client.streams.Streams/Read";

    fn door() -> Door {
        Door::new(Some(&Credentials::new("admin".into(), "changeit".into())))
    }

    fn basic(credentials: &str) -> HeaderMap {
        let value = format!("Basic {}", STANDARD.encode(credentials));
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn whoever_knows_the_password_comes_in() {
        door().admit(READ, &basic("admin:changeit")).unwrap();
    }

    #[test]
    fn a_wrong_password_is_not_authenticated() {
        for wrong in ["admin:changeit2", "admin:", "", "changeit", "Admin:changeit"] {
            let refused = door().admit(READ, &basic(wrong)).unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "{wrong}");
        }
    }

    #[test]
    fn without_a_password_only_the_features_are_told() {
        let refused = door().admit(READ, &HeaderMap::new()).unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        door().admit(super::ANONYMOUS, &HeaderMap::new()).unwrap();
    }

    #[test]
    fn an_open_door_reads_no_header() {
        Door::new(None).admit(READ, &basic("who:ever")).unwrap();
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", Credentials::new("admin".into(), "changeit".into()));
        assert!(shown.contains("admin") && !shown.contains("changeit"), "{shown}");
    }
}
