//! Why a token is refused.

use std::fmt;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no good, and will not be: 401 `invalid_token`.
    #[error("the token is not valid: {0}")]
    Invalid(Why),
    /// It is good, but not for this: 403 `insufficient_scope`.
    #[error(transparent)]
    Scope(#[from] InsufficientScope),
    /// What is known is too old to say so, or too much to keep: 503, and the token may be good.
    #[error("what is known of tokens is too old")]
    Unavailable,
}

/// What is wrong with a token; for logs, since whoever presented it is to learn nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There was none.
    Missing,
    /// It is no JWT.
    Malformed,
    /// Its header has another algorithm or type, or members that none of ours has.
    Header,
    /// The key it names is none of the issuer's.
    UnknownKey,
    Signature,
    /// A claim is missing, or not of its type.
    Claims,
    Issuer,
    Audience,
    Expired,
    /// It is valid from a later time on.
    NotYet,
    /// It was good once.
    Revoked,
}

/// A token was not given this scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token does not have the scope that this takes")]
pub struct InsufficientScope;

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::UnknownKey => "unknown key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not yet valid",
            Self::Revoked => "revoked",
        })
    }
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        Self::Invalid(why)
    }
}
