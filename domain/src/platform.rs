//! Platforms that accounts are connected to, and what they say of a person.
//!
//! What a platform says is believed only after it was parsed: bounded, printable, one text a scope.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::is_unprintable;

/// Why a text of a platform is refused; does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlatformText {
    #[error("a platform is named by 1 to 32 of a-z, 0-9, _ and -, beginning with a letter")]
    Name,
    #[error("a platform's text has 1 to 255 printable characters")]
    Text,
    #[error("a scope is 1 to 200 printable ASCII characters without quotes, of at most 100 scopes")]
    Scope,
}

/// The name of a platform: `twitch`, `discord`, or that of a configured provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlatformName(String);

impl PlatformName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlatformName {
    type Err = InvalidPlatformText;

    fn from_str(text: &str) -> Result<Self, InvalidPlatformText> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        if begins && text.len() <= 32 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPlatformText::Name)
        }
    }
}

impl fmt::Display for PlatformName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! platform_texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, InvalidPlatformText> {
                let fits = (1..=255).contains(&text.chars().count());
                if text.len() <= 1024 && fits && !text.chars().any(is_unprintable) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidPlatformText::Text)
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

platform_texts! {
    /// Somebody's id on a platform: the platform's own, compared byte for byte.
    PlatformUserId;
    /// What a platform calls somebody; for people to read.
    PlatformUsername;
}

/// What a platform permits; its own words (RFC 6749 3.3), sorted, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlatformScopes(BTreeSet<String>);

impl PlatformScopes {
    pub fn parse<'a>(
        scopes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidPlatformText> {
        let legal = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let mut read = BTreeSet::new();
        for scope in scopes {
            if !(1..=200).contains(&scope.len()) || !scope.bytes().all(legal) || read.len() == 100 {
                return Err(InvalidPlatformText::Scope);
            }
            read.insert(scope.to_owned());
        }
        Ok(Self(read))
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether everything in `other` is here too.
    pub fn includes(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_named_plainly() {
        assert!("twitch".parse::<PlatformName>().is_ok());
        assert!("my-idp_2".parse::<PlatformName>().is_ok());
        for wrong in ["", "Twitch", "2x", "a b", "a/b", "..", &"a".repeat(33)] {
            assert_eq!(wrong.parse::<PlatformName>(), Err(InvalidPlatformText::Name), "{wrong}");
        }
    }

    #[test]
    fn what_a_platform_says_is_bounded_and_printable() {
        assert!(PlatformUserId::parse("141981764").is_ok());
        for wrong in ["", "a\0b", "a\nb", "a\u{202e}b", &"x".repeat(256)] {
            assert_eq!(PlatformUserId::parse(wrong), Err(InvalidPlatformText::Text));
        }
    }

    #[test]
    fn scopes_are_a_set_of_the_platforms_own_words() {
        let scopes = PlatformScopes::parse(["user:read:email", "bits:read", "bits:read"]).unwrap();
        assert!(scopes.iter().eq(["bits:read", "user:read:email"]));
        assert!(scopes.includes(&PlatformScopes::parse(["bits:read"]).unwrap()));
        for wrong in ["", "a b", "a\"b", "a\\b", "ä"] {
            assert_eq!(PlatformScopes::parse([wrong]), Err(InvalidPlatformText::Scope), "{wrong}");
        }
    }
}
