//! What a platform answers, parsed once, in the shapes that platforms really use.

use std::{fmt, time::Duration};

use chrono::TimeDelta;
use domain::{
    Secret, Time,
    platform::{PlatformScopes, PlatformUserId, PlatformUsername},
};
use oauth2::{AccessToken, RefreshToken, Scope, basic::BasicTokenType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Description;

/// The longest token that is kept.
const LONGEST: usize = 16 * 1024;
/// A token whose platform says that it lives longer is taken to live this long.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(3_650);

/// The answer of a token endpoint (RFC 6749 5.1); `scope` may be a list, as Twitch has it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TokenAnswer {
    access_token: AccessToken,
    #[serde(deserialize_with = "oauth2::helpers::deserialize_untagged_enum_case_insensitive")]
    token_type: BasicTokenType,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    scope: Option<ScopeAnswer>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum ScopeAnswer {
    List(Vec<String>),
    Text(String),
}

impl oauth2::TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// The answer of a token endpoint that refuses, whatever it looks like.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Refused(Value);

/// Says nothing of what was answered: it may be anything.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl oauth2::ErrorResponse for Refused {}

impl Refused {
    /// Tells whether the platform says that what it granted is over.
    pub(super) fn ends_the_grant(&self, description: &Description) -> bool {
        let says = |pointer: &str, value: &str| {
            self.0.pointer(pointer).and_then(Value::as_str) == Some(value)
        };
        says("/error", "invalid_grant")
            || description.refresh.ended.iter().any(|sign| says(&sign.pointer, &sign.value))
    }
}

/// What a platform gave; lies in the vault as it stands here.
#[derive(Clone)]
pub struct Tokens {
    pub access: Secret<String>,
    pub refresh: Option<Secret<String>>,
    /// None where the platform's token does not expire.
    pub expires_at: Option<Time>,
    pub obtained_at: Time,
    pub scopes: PlatformScopes,
}

/// Whose tokens they are.
pub struct Identity {
    pub user_id: PlatformUserId,
    pub username: Option<PlatformUsername>,
}

/// [`Tokens`] as bytes for the vault, the one place that they are written to.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    refresh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expires_at: Option<Time>,
    obtained_at: Time,
    scopes: PlatformScopes,
}

impl Tokens {
    pub fn encode(&self) -> serde_json::Result<Secret<Vec<u8>>> {
        let kept = Kept {
            access: self.access.expose().clone(),
            refresh: self.refresh.as_ref().map(|token| token.expose().clone()),
            expires_at: self.expires_at,
            obtained_at: self.obtained_at,
            scopes: self.scopes.clone(),
        };
        serde_json::to_vec(&kept).map(Secret::new)
    }

    pub fn decode(bytes: &Secret<Vec<u8>>) -> serde_json::Result<Self> {
        let Kept { access, refresh, expires_at, obtained_at, scopes } =
            serde_json::from_slice(bytes.expose())?;
        let (access, refresh) = (Secret::new(access), refresh.map(Secret::new));
        Ok(Self { access, refresh, expires_at, obtained_at, scopes })
    }
}

impl TokenAnswer {
    /// Reads the answer to a request at `now` for `asked`; none if it is no answer.
    ///
    /// A platform that names no scopes granted what was asked for (RFC 6749 5.1).
    pub(super) fn granted(
        self,
        now: Time,
        asked: &PlatformScopes,
        previous: Option<&Tokens>,
    ) -> Option<Tokens> {
        let fits = |token: &String| (1..=LONGEST).contains(&token.len());
        let access = Some(self.access_token.into_secret()).filter(fits)?;
        let renewed = self.refresh_token.map(RefreshToken::into_secret).filter(fits);
        let kept = || previous.and_then(|tokens| tokens.refresh.clone());
        let scopes = match self.scope {
            Some(ScopeAnswer::List(list)) => {
                PlatformScopes::parse(list.iter().map(String::as_str)).ok()?
            }
            Some(ScopeAnswer::Text(text)) => {
                let words = text.split([' ', ',']).filter(|word| !word.is_empty());
                PlatformScopes::parse(words).ok()?
            }
            None => asked.clone(),
        };
        let life = self.expires_in.map(|seconds| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            TimeDelta::try_seconds(seconds).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)
        });
        Some(Tokens {
            access: Secret::new(access),
            refresh: renewed.map(Secret::new).or_else(kept),
            expires_at: life.map(|life| now + life),
            obtained_at: now,
            scopes,
        })
    }

    /// Whether the answer brought another refresh token.
    pub(super) fn rotates(&self) -> bool {
        self.refresh_token.is_some()
    }
}

/// Finds the person in the answer of the userinfo endpoint.
pub(super) fn identity(body: &[u8], description: &Description) -> Option<Identity> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let user_id = match answer.pointer(&description.user_id)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    let username = description.username.as_ref().and_then(|pointer| answer.pointer(pointer));
    Some(Identity {
        user_id: PlatformUserId::parse(&user_id).ok()?,
        // A name that cannot be shown is none; it decides nothing.
        username: username
            .and_then(Value::as_str)
            .and_then(|name| PlatformUsername::parse(name).ok()),
    })
}
