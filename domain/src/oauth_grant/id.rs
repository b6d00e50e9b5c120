//! The name of a grant: whose it is, and to which application.

use std::{fmt, str::FromStr};

use crate::{
    base62,
    id::{InvalidId, OauthClientId, UserId},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GrantId {
    pub user: UserId,
    pub client: OauthClientId,
}

impl GrantId {
    /// Returns the form shown outside: `aut_`, the person's digits and the application's.
    pub fn public(self) -> String {
        let [user, client] = [self.user.as_uuid(), self.client.as_uuid()].map(base62::encode_uuid);
        format!("aut_{user}{client}")
    }

    /// Reads the form shown outside.
    pub fn from_public(text: &str) -> Result<Self, InvalidId> {
        let digits = text.strip_prefix("aut_").ok_or(InvalidId)?;
        let (user, client) = digits.split_at_checked(base62::UUID_WIDTH).ok_or(InvalidId)?;
        let decode = |digits| base62::decode_uuid(digits).ok_or(InvalidId);
        Ok(Self {
            user: UserId::from_uuid(decode(user)?),
            client: OauthClientId::from_uuid(decode(client)?),
        })
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.user, self.client)
    }
}

impl FromStr for GrantId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (user, client) = text.split_once('.').ok_or(InvalidId)?;
        Ok(Self { user: user.parse()?, client: client.parse()? })
    }
}
