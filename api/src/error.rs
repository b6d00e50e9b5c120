//! Error: every way a request can fail, and what its caller is told.
//!
//! One table, [`Error::describe`], serves HTTP and GraphQL alike. A broken rule is the caller's
//! and carries a stable code; what is ours carries nothing but the request's id, and is logged
//! once, where the answer is written.

use std::{borrow::Cow, time::Duration};

use domain::{Rejection, plan::Plan, role::Permission};
use projections::{InvalidPage, PageError};
use store::{ExecuteError, Position, ReadError, Unavailable, Unreadable, VaultError};

use crate::app::throttle::Policy;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request does not have the shape that its endpoint asks for.
    #[error("{description}")]
    Invalid { code: &'static str, description: Cow<'static, str> },
    #[error("the request body is too large")]
    TooLarge,
    #[error("the media type of the request body is not supported")]
    UnsupportedMediaType,
    #[error("send the parameters as application/x-www-form-urlencoded")]
    FormExpected,
    #[error("this method is not allowed here")]
    MethodNotAllowed,
    /// No credential, or none that is any good.
    #[error("a valid credential is required")]
    Unauthenticated,
    /// Unknown key, wrong secret or deactivated: one answer, so that nothing can be learnt from it.
    #[error("the key or the secret is wrong")]
    InvalidCredentials,
    /// An application that is unknown, suspended, or not who it says.
    #[error("the application is unknown or suspended, or its secret is wrong")]
    InvalidClient,
    /// Whatever keeps `/oauth/token` from answering, in the words of its protocol.
    #[error("the service is busy; try again")]
    TemporarilyUnavailable(#[source] Box<Error>),
    /// The refresh token is finished: its owner must sign in again.
    #[error("the refresh token is not valid any more")]
    InvalidGrant,
    #[error("the permission `{permission}` is required")]
    Forbidden { permission: &'static str },
    #[error("this takes the plan {} or above", required.as_str())]
    PlanRequired { required: Plan, current: Plan },
    #[error("registration is closed")]
    RegistrationClosed,
    /// Unknown, or somebody else's: the two are not told apart.
    #[error("there is no such thing")]
    NotFound,
    /// A rule of the domain was broken.
    #[error("{message}")]
    Rejected { code: &'static str, message: String },
    /// The stream is not at the revision the caller expects.
    #[error("this was changed since you looked at it")]
    VersionConflict { current: Option<u64> },
    /// Others were faster at every try.
    #[error("others keep changing this at the same time; try again")]
    Contended,
    /// The read model has not come as far as the caller asked.
    #[error("the read model has not come that far yet")]
    StaleRead { position: Option<Position> },
    /// A credential that is accepted as such, but not for this.
    #[error("{description}")]
    SocketRefused { status: u16, code: &'static str, description: &'static str },
    #[error("too many attempts; wait before the next")]
    RateLimited {
        retry_after: Duration,
        /// The limit that was reached, where it is one that anybody may know.
        policy: Option<Policy>,
    },
    #[error("the query is too complex: {0}")]
    TooComplex(Cow<'static, str>),
    #[error("the service is busy; try again")]
    Overloaded,
    /// A platform did not renew a token, and may when it is asked again.
    #[error("the provider is not available now; try again later")]
    ProviderUnavailable { retry_after: Duration },
    /// What this node knows is too old, and the log does not answer: no verdict rather than a
    /// guess.
    #[error("the log cannot be reached, so nothing can be vouched for")]
    Stale,
    /// A store is away; whether a command was carried out, the same command finds out.
    #[error("a store did not answer; try again")]
    Unavailable(#[source] anyhow::Error),
    #[error("something went wrong on our side")]
    Internal(#[source] anyhow::Error),
}

/// What the caller is told of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// HTTP status.
    pub status: u16,
    /// `error` in a REST body.
    pub rest: &'static str,
    /// `extensions.code` in a GraphQL answer.
    pub graphql: &'static str,
}

impl Error {
    /// A request of the wrong shape, by the general code.
    pub fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { code: "invalid_request", description: description.into() }
    }

    /// A rule that the domain states on a value rather than on a stream.
    pub fn rejected(rejection: &impl Rejection) -> Self {
        match rejection.code() {
            "NOT_FOUND" => Self::NotFound,
            code => Self::Rejected { code, message: rejection.to_string() },
        }
    }

    /// Whoever made this may not have agent tokens any more.
    pub const fn creator_not_allowed() -> Self {
        let description = "its creator may not have agent tokens here any more";
        Self::SocketRefused { status: 403, code: "creator_not_allowed", description }
    }

    pub const fn forbidden(permission: Permission) -> Self {
        Self::Forbidden { permission: permission.as_str() }
    }

    /// The one table.
    pub fn describe(&self) -> Description {
        let (status, rest, graphql) = match self {
            Self::Invalid { code, .. } => (400, *code, "BAD_USER_INPUT"),
            Self::TooLarge => (413, "request_too_large", "BAD_USER_INPUT"),
            Self::FormExpected | Self::UnsupportedMediaType => {
                (415, "unsupported_media_type", "BAD_USER_INPUT")
            }
            Self::MethodNotAllowed => (405, "method_not_allowed", "BAD_USER_INPUT"),
            Self::Unauthenticated => (401, "invalid_token", "UNAUTHENTICATED"),
            Self::InvalidCredentials => (401, "invalid_credentials", "UNAUTHENTICATED"),
            Self::InvalidClient => (401, "invalid_client", "UNAUTHENTICATED"),
            Self::TemporarilyUnavailable(_) => (503, "temporarily_unavailable", "UNAVAILABLE"),
            Self::InvalidGrant => (400, "invalid_grant", "UNAUTHENTICATED"),
            Self::Forbidden { .. } => (403, "insufficient_scope", "FORBIDDEN"),
            Self::PlanRequired { .. } => (403, "plan_required", "PLAN_REQUIRED"),
            Self::RegistrationClosed => (403, "registration_closed", "FORBIDDEN"),
            Self::NotFound => (404, "not_found", "NOT_FOUND"),
            Self::Rejected { code, .. } => (rejection_status(code), rest_code(code), *code),
            Self::VersionConflict { .. } | Self::Contended => {
                (409, "version_conflict", "VERSION_CONFLICT")
            }
            Self::StaleRead { .. } => (503, "stale_read", "STALE_READ"),
            Self::SocketRefused { status, code, .. } => (*status, *code, "FORBIDDEN"),
            Self::RateLimited { .. } => (429, "too_many_attempts", "RATE_LIMITED"),
            Self::TooComplex(_) => (400, "query_too_complex", "QUERY_TOO_COMPLEX"),
            Self::ProviderUnavailable { .. } => (503, "provider_unavailable", "UNAVAILABLE"),
            Self::Stale => (503, "stale", "UNAVAILABLE"),
            Self::Overloaded | Self::Unavailable(_) => (503, "unavailable", "UNAVAILABLE"),
            Self::Internal(_) => (500, "internal", "INTERNAL"),
        };
        Description { status, rest, graphql }
    }

    /// How long to wait before trying again, where trying again may help.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::ProviderUnavailable { retry_after } => {
                Some(*retry_after)
            }
            error if matches!(error.describe().status, 429 | 503) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Logs what is not the caller's fault. To be called once, where the answer is written.
    pub fn log(&self) {
        match self {
            Self::TemporarilyUnavailable(cause) => cause.log(),
            Self::Internal(cause) => tracing::error!(error = format!("{cause:#}"), "failed"),
            Self::Unavailable(cause) => {
                tracing::warn!(error = format!("{cause:#}"), "a store did not answer");
            }
            _ => {}
        }
    }
}

/// Rules whose breach has a status of its own; all others are unprocessable.
fn rejection_status(code: &str) -> u16 {
    match code {
        "INVALID_USER_ID" | "WEAK_SECRET" => 400,
        "FORBIDDEN" | "TOKEN_LIMIT_REACHED" => 403,
        "UNKNOWN_PLATFORM" | "PAIRING_CODE_INVALID" => 404,
        "USER_ID_TAKEN" | "NEEDS_RECONNECT" | "PAIRING_CODE_USED" => 409,
        "PAIRING_CODE_EXPIRED" => 410,
        _ => 422,
    }
}

fn rest_code(code: &'static str) -> &'static str {
    match code {
        "INVALID_USER_ID" => "invalid_user_id",
        "WEAK_SECRET" => "weak_secret",
        "USER_ID_TAKEN" => "user_id_taken",
        "FORBIDDEN" => "insufficient_scope",
        "UNKNOWN_PLATFORM" => "unknown_platform",
        "NEEDS_RECONNECT" => "needs_reconnect",
        "TOKEN_LIMIT_REACHED" => "token_limit_reached",
        "PAIRING_CODE_INVALID" => "pairing_code_invalid",
        "PAIRING_CODE_USED" => "pairing_code_used",
        "PAIRING_CODE_EXPIRED" => "pairing_code_expired",
        // REST endpoints answer no other rule; the code is at least stable.
        _ => "rejected",
    }
}

impl<R: Rejection> From<ExecuteError<R>> for Error {
    fn from(error: ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Rejected(rejection) => Self::rejected(&rejection),
            ExecuteError::VersionConflict { current } => Self::VersionConflict { current },
            ExecuteError::Contended => Self::Contended,
            ExecuteError::Unwritable(error) => Self::Internal(error.into()),
            ExecuteError::Unreadable(error) => error.into(),
            ExecuteError::Unavailable(error) => error.into(),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable(error) => error.into(),
            ReadError::Unavailable(error) => error.into(),
        }
    }
}

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        Self::Internal(error.into())
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(error) => error.into(),
            error => Self::Internal(error.into()),
        }
    }
}

/// A page that can not be given is its caller's mistake.
impl From<InvalidPage> for Error {
    fn from(invalid: InvalidPage) -> Self {
        Self::invalid(invalid.to_string())
    }
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Invalid(invalid) => invalid.into(),
            PageError::Unavailable(error) => error.into(),
        }
    }
}

impl From<projections::Unavailable> for Error {
    fn from(error: projections::Unavailable) -> Self {
        Self::Unavailable(error.into())
    }
}

#[cfg(test)]
mod tests {
    use domain::agent_token;

    use super::*;

    #[test]
    fn a_broken_rule_is_the_callers_and_keeps_its_code() {
        let error = Error::from(ExecuteError::Rejected(agent_token::Rejection::Revoked));
        assert_eq!(
            error.describe(),
            Description { status: 422, rest: "rejected", graphql: "TOKEN_REVOKED" }
        );
        assert_eq!(error.to_string(), "this token is revoked");
    }

    #[test]
    fn what_does_not_exist_is_not_found_whoever_says_so() {
        let error = Error::from(ExecuteError::Rejected(agent_token::Rejection::NotFound));
        assert_eq!(error.describe().status, 404);
    }

    #[test]
    fn what_may_pass_says_when_to_try_again() {
        for error in [Error::Overloaded, Error::Stale, Error::StaleRead { position: None }] {
            assert!(error.retry_after().is_some(), "{error}");
        }
        assert!(Error::NotFound.retry_after().is_none());
    }

    #[test]
    fn a_fault_of_ours_says_nothing_of_its_cause() {
        let error = Error::Internal(anyhow::anyhow!("postgres://user:password@host"));
        assert_eq!(error.to_string(), "something went wrong on our side");
    }
}
