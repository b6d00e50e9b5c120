//! Names of things. Each kind of thing has a type of its own.
//!
//! Inside, an id is a UUID and prints as one (so stream names do). Outside it
//! is a prefix and 22 base62 digits: `tok_3kT0…`. Ids are not secret.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base62;

/// Why a text names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct InvalidId;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// What its public form begins with.
            pub const PREFIX: &'static str = $prefix;

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The id that `command` gives to what it makes: the same for the same command, so
            /// that a repeated command finds its own stream.
            pub fn derived(command: CommandId, label: &str) -> Self {
                Self(Uuid::new_v5(&command.0, label.as_bytes()))
            }

            /// Returns the form shown outside, e.g. `tok_` and 22 digits.
            pub fn public(self) -> String {
                format!(concat!($prefix, "_{}"), base62::encode_uuid(self.0))
            }

            /// Reads the form shown outside.
            pub fn from_public(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(base62::decode_uuid)
                    .map(Self)
                    .ok_or(InvalidId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| InvalidId)
            }
        }
    )*};
}

typed_ids! {
    /// One person.
    UserId "usr";
    /// One workspace: the tenant that owns tokens.
    WorkspaceId "ws";
    /// One agent token.
    TokenId "tok";
    /// One family of refresh tokens: a login and all its rotations.
    FamilyId "fam";
    /// One login with a browser.
    LoginId "lgn";
    /// One account on a platform, connected to a workspace.
    ConnectedAccountId "acc";
    /// One attempt to connect an account.
    ConnectAttemptId "cat";
    /// One session token.
    SessionTokenId "sst";
    /// One ticket that opens a socket.
    TicketId "tkt";
    /// One credential of another service.
    ServiceCredentialId "svc";
    /// One application registered to act for people: the stream that its `client_id` names.
    OauthClientId "app";
    /// One secret of an application.
    ClientSecretId "sec";
    /// Whose key seals a field: a person, a workspace, or the system.
    SubjectId "sub";
    /// One secret in a vault stream.
    VaultRef "vlt";
    /// One command: the same for each repetition of it.
    CommandId "cmd";
}

impl SubjectId {
    /// Seals what belongs to nobody: signing keys, endpoint secrets.
    pub const SYSTEM: Self = Self(Uuid::from_u128(0x6b65_796c_6564_6765_7273_7973_7465_6d00));
}

impl From<UserId> for SubjectId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl From<WorkspaceId> for SubjectId {
    fn from(workspace: WorkspaceId) -> Self {
        Self(workspace.0)
    }
}

impl WorkspaceId {
    /// The workspace that comes with a person.
    pub fn personal(user: UserId) -> Self {
        Self(Uuid::new_v5(&user.0, b"personal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_public_form() {
        for number in [0, 1, u128::MAX] {
            let id = TokenId::from_uuid(Uuid::from_u128(number));
            assert_eq!(id.public().len(), "tok_".len() + 22);
            assert_eq!(TokenId::from_public(&id.public()), Ok(id));
        }
    }

    #[test]
    fn an_id_of_another_kind_is_no_id() {
        let user = UserId::from_uuid(Uuid::from_u128(7));
        assert_eq!(TokenId::from_public(&user.public()), Err(InvalidId));
    }
}
