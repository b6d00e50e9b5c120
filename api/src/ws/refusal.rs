//! Refusal: why a socket is not opened, as an HTTP answer and as a close.

use super::{Close, held::Refused};
use crate::{
    app::{session_tokens::Ended, verify::Code},
    error::Error,
};

/// The two ways to say no.
pub(super) struct Refusal {
    pub(super) error: Error,
    pub(super) close: Close,
}

impl Refusal {
    pub(super) const TOO_MANY: fn() -> Self = || Self {
        error: refused(429, "too_many_connections", "the token has all the sockets it may have"),
        close: Close::TOO_MANY_CONNECTIONS,
    };

    /// More than one token, or what is none.
    pub(super) fn ambiguous() -> Self {
        Self {
            error: Error::invalid("a socket is opened with one token, in one place"),
            close: Close::UNAUTHENTICATED,
        }
    }

    fn of(code: Code) -> Self {
        let error = match code {
            // A valid token is not refused; nothing is known of any other.
            Code::Valid | Code::NotFound | Code::Revoked | Code::Expired => Error::Unauthenticated,
            Code::PlanInactive => {
                refused(403, "plan_required", "the workspace's plan has no agent tokens")
            }
            Code::Forbidden => {
                refused(403, "creator_not_allowed", "the token's creator may not have it any more")
            }
            Code::InsufficientScope => {
                refused(403, "insufficient_scope", "the scope `ws:connect` is required")
            }
            Code::NetworkNotAllowed => {
                refused(403, "network_not_allowed", "the token may not be used from this network")
            }
            Code::RateLimited => Error::Overloaded,
        };
        let close = Close::for_verdict(code).unwrap_or(Close::UNAUTHENTICATED);
        Self { error, close }
    }
}

impl From<Refused> for Refusal {
    fn from(why: Refused) -> Self {
        match why {
            Refused::Token(code) => Self::of(code),
            Refused::Session(Ended::Session) => {
                Self { error: Error::Unauthenticated, close: Close::SESSION_ENDED }
            }
            Refused::Session(Ended::Membership) => Self {
                error: refused(403, "insufficient_scope", "its person does not belong here"),
                close: Close::PERMISSION_LOST,
            },
            Refused::Error(error) => error.into(),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { close: Close::for_error(&error), error }
    }
}

const fn refused(status: u16, code: &'static str, description: &'static str) -> Error {
    Error::SocketRefused { status, code, description }
}
