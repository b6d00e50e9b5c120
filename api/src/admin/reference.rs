//! The ways an operator may name a person or a workspace.
//!
//! People who register know their name and their user key, so an operator may say either
//! instead of an id; a person's workspace is the personal one.

use std::{fmt, str::FromStr};

use domain::{
    id::{UserId, WorkspaceId},
    opaque_token,
};
use serde::{Deserialize, Serialize};

/// A person: `usr_…`, the `nxk_…` key that `/register` answered, or `@name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum UserRef {
    Id(UserId),
    /// A name as it was typed; whether anyone has it, only the log knows.
    Name(String),
}

/// A workspace: `ws_…`, or a person whose personal workspace is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WorkspaceRef {
    Id(WorkspaceId),
    PersonalOf(UserRef),
}

/// Why a text names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    #[error("expected `usr_…`, a user key `nxk_…`, or `@` and a user name")]
    User,
    #[error("expected `ws_…`, or whose personal workspace it is: `usr_…`, `nxk_…` or `@name`")]
    Workspace,
}

impl FromStr for UserRef {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix('@').filter(|name| !name.is_empty()) {
            return Ok(Self::Name(name.to_owned()));
        }
        if let Some(id) = opaque_token::read_user_key(text) {
            return Ok(Self::Id(UserId::from_uuid(id)));
        }
        UserId::from_public(text).map(Self::Id).map_err(|_| InvalidReference::User)
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(&id.public()),
            Self::Name(name) => write!(f, "@{name}"),
        }
    }
}

impl FromStr for WorkspaceRef {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        WorkspaceId::from_public(text)
            .map(Self::Id)
            .or_else(|_| text.parse().map(Self::PersonalOf))
            .map_err(|_| InvalidReference::Workspace)
    }
}

impl fmt::Display for WorkspaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(&id.public()),
            Self::PersonalOf(user) => user.fmt(f),
        }
    }
}

/// As text in JSON, parsed again on the way in.
macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidReference;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(reference: $name) -> Self {
                reference.to_string()
            }
        }
    };
}

as_text!(UserRef);
as_text!(WorkspaceRef);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_person_is_named_by_id_key_or_name() {
        let id = UserId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.public().parse(), Ok(UserRef::Id(id)));
        assert_eq!(opaque_token::write_user_key(id.as_uuid()).parse(), Ok(UserRef::Id(id)));
        assert_eq!("@ada".parse(), Ok(UserRef::Name("ada".into())));
        for nobody in ["", "@", "ada", "ws_0000000000000000000001"] {
            assert_eq!(nobody.parse::<UserRef>(), Err(InvalidReference::User), "{nobody}");
        }
    }

    #[test]
    fn a_workspace_is_named_by_id_or_by_its_person() {
        let id = WorkspaceId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.public().parse(), Ok(WorkspaceRef::Id(id)));
        let of = WorkspaceRef::PersonalOf(UserRef::Name("ada".into()));
        assert_eq!("@ada".parse(), Ok(of.clone()));
        assert_eq!(serde_json::to_value(&of).unwrap(), "@ada");
        assert_eq!("ada".parse::<WorkspaceRef>(), Err(InvalidReference::Workspace));
    }
}
