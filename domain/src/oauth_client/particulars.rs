//! What is said of an application when it is registered, and what of it may change.

use serde::{Deserialize, Serialize};
use url::Url;

use super::ClientId;
use crate::{
    Sealed,
    aggregate::Rejection,
    redirect_uri::RedirectUri,
    scope::OauthScopes,
    text::{AppName, InvalidText, Reason},
};

/// All that is said of an application once it is registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// The number that its tokens carry as `application_id`.
    pub application_id: u64,
    pub client_id: ClientId,
    pub kind: Kind,
    /// Names a program and no person, so it is not sealed.
    pub name: AppName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<Sealed<Reason>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub homepage: Option<Homepage>,
    pub redirect_uris: Vec<RedirectUri>,
    /// What it may ask for; also what it gets if it asks for nothing in particular.
    pub scopes: OauthScopes,
    pub access_ttl: AccessTtl,
    /// Of a public application it is required anyway.
    pub require_pkce: bool,
    /// Whether a refresh token is replaced whenever it is used. A private application may keep its own:
    /// without the application's secret a copy is good for nothing (RFC 9700 4.14.2).
    #[serde(skip_serializing_if = "is_so", default = "so")]
    pub rotate_refresh_tokens: bool,
    pub claims_profile: ClaimsProfile,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contacts: Option<Sealed<Contacts>>,
    /// The version of the use policy that its developer accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy_version: Option<String>,
}

const fn so() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for `skip_serializing_if`")]
const fn is_so(it: &bool) -> bool {
    *it
}

/// Whether an application can keep a secret (RFC 6749 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Runs on people's own machines; proves itself by PKCE.
    Public,
    /// Runs on a server; proves itself by its secret.
    Private,
}

/// The shape of the access tokens of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsProfile {
    /// As the clients of old expect them.
    Compat,
    /// RFC 9068.
    Standard,
}

macro_rules! words {
    ($($name:ident { $($variant:ident $text:literal),* })*) => {$(
        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidParticular;

            fn from_str(text: &str) -> Result<Self, InvalidParticular> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(InvalidParticular::Word),
                }
            }
        }
    )*};
}

words! {
    Kind { Public "public", Private "private" }
    ClaimsProfile { Compat "compat", Standard "standard" }
}

/// Seconds that an access token of an application lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessTtl(u32);

/// A web page that tells people about an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Homepage(String);

/// E-mail addresses of an application's developers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contacts(Vec<String>);

/// What of an application may change; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<AppName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<RedirectUri>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<OauthScopes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_ttl: Option<AccessTtl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_refresh_tokens: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims_profile: Option<ClaimsProfile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<Homepage>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why something said of an application is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParticular {
    #[error("an access token lives 300 to 86400 seconds")]
    Ttl,
    #[error("a homepage is an https address of at most 512 characters")]
    Homepage,
    #[error("one to five e-mail addresses are expected")]
    Contacts,
    #[error("public or private, compat or standard")]
    Word,
}

impl Rejection for InvalidParticular {
    fn code(&self) -> &'static str {
        "INVALID_INPUT"
    }
}

impl AccessTtl {
    /// Returns `None` for less than five minutes and for more than a day.
    pub fn new(seconds: u32) -> Result<Self, InvalidParticular> {
        if (300..=86_400).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(InvalidParticular::Ttl)
        }
    }

    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// Six hours, as the clients of old know it.
impl Default for AccessTtl {
    fn default() -> Self {
        Self(21_600)
    }
}

impl Homepage {
    pub fn parse(text: &str) -> Result<Self, InvalidParticular> {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && text.len() <= 512);
        url.map(|url| Self(url.into())).ok_or(InvalidParticular::Homepage)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Contacts {
    pub fn parse<T: AsRef<str>>(addresses: &[T]) -> Result<Self, InvalidParticular> {
        let addresses = addresses.iter().map(|text| {
            let text = Reason::parse(text.as_ref()).map_err(|_: InvalidText| ())?.ok_or(())?;
            let text = text.as_str();
            let (name, host) = text.split_once('@').ok_or(())?;
            let fits = !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace);
            if fits && text.len() <= 254 { Ok(text.to_owned()) } else { Err(()) }
        });
        let addresses: Vec<_> =
            addresses.collect::<Result<_, ()>>().map_err(|()| InvalidParticular::Contacts)?;
        if (1..=5).contains(&addresses.len()) {
            Ok(Self(addresses))
        } else {
            Err(InvalidParticular::Contacts)
        }
    }

    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}
