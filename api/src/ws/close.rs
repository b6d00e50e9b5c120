//! Close: why a socket is closed, by number and word.

use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

use super::held::Refused;
use crate::{
    app::{session_tokens::Ended, verify::Code},
    error::Error,
};

/// A close code and its reason text. Clients decide by them whether to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Close {
    /// The peer is gone, or as good as gone.
    pub(crate) const GONE: Self = Self::new(1001, "gone");
    /// What came was no WebSocket frame.
    pub(crate) const PROTOCOL: Self = Self::new(1002, "protocol_error");
    /// What came was no text.
    pub(crate) const NOT_UTF8: Self = Self::new(1007, "not_utf8");
    pub(crate) const TOO_LARGE: Self = Self::new(1009, "message_too_large");
    /// The node stops; come back with the cursor.
    pub(crate) const RESTART: Self = Self::new(1012, "restart");
    /// The peer keeps falling behind; come back with the cursor.
    pub(crate) const TOO_SLOW: Self = Self::new(1012, "too_slow");
    /// No verdict can be given now; come back later.
    pub(crate) const TRY_LATER: Self = Self::new(1013, "try_again_later");
    pub(crate) const BAD_MESSAGE: Self = Self::new(4400, "bad_message");
    pub(crate) const UNAUTHENTICATED: Self = Self::new(4401, "unauthenticated");
    pub(crate) const TOKEN_REVOKED: Self = Self::new(4401, "token_revoked");
    pub(crate) const TOKEN_EXPIRED: Self = Self::new(4401, "token_expired");
    pub(crate) const SESSION_ENDED: Self = Self::new(4401, "session_ended");
    pub(crate) const PLAN_INACTIVE: Self = Self::new(4403, "plan_inactive");
    pub(crate) const PERMISSION_LOST: Self = Self::new(4403, "permission_lost");
    pub(crate) const NETWORK_NOT_ALLOWED: Self = Self::new(4403, "network_not_allowed");
    pub(crate) const SUBPROTOCOL: Self = Self::new(4406, "subprotocol_not_acceptable");
    pub(crate) const INIT_TIMEOUT: Self = Self::new(4408, "init_timeout");
    pub(crate) const SUBSCRIBER_EXISTS: Self = Self::new(4409, "subscriber_exists");
    pub(crate) const TOO_MANY_CONNECTIONS: Self = Self::new(4429, "too_many_connections");
    pub(crate) const TOO_MANY_INITS: Self = Self::new(4429, "too_many_init_requests");
    pub(crate) const INTERNAL: Self = Self::new(4500, "internal");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// What a socket is told whose token is not accepted any more; `None`: it is.
    pub(crate) const fn for_verdict(code: Code) -> Option<Self> {
        match code {
            Code::Valid => None,
            Code::NotFound => Some(Self::UNAUTHENTICATED),
            Code::Revoked => Some(Self::TOKEN_REVOKED),
            Code::Expired => Some(Self::TOKEN_EXPIRED),
            Code::PlanInactive => Some(Self::PLAN_INACTIVE),
            Code::Forbidden | Code::InsufficientScope => Some(Self::PERMISSION_LOST),
            Code::NetworkNotAllowed => Some(Self::NETWORK_NOT_ALLOWED),
            Code::RateLimited => Some(Self::TOO_MANY_CONNECTIONS),
        }
    }

    /// What a socket is told whose credential is not accepted, or not any more.
    pub(super) fn for_refused(refused: &Refused) -> Self {
        match refused {
            Refused::Token(code) => Self::for_verdict(*code).unwrap_or(Self::UNAUTHENTICATED),
            Refused::Session(Ended::Session) => Self::SESSION_ENDED,
            Refused::Session(Ended::Membership) => Self::PERMISSION_LOST,
            Refused::Error(error) => Self::for_error(error),
        }
    }

    /// What a socket is told whose frames can not be read (RFC 6455 7.4.1).
    pub(crate) fn for_broken(error: axum::Error) -> Self {
        match error.into_inner().downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => Self::TOO_LARGE,
            Some(tungstenite::Error::Utf8(_)) => Self::NOT_UTF8,
            Some(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                Self::GONE
            }
            Some(tungstenite::Error::Protocol(_)) => Self::PROTOCOL,
            _ => Self::GONE,
        }
    }

    /// What a socket is told that could not be judged.
    pub(crate) fn for_error(error: &Error) -> Self {
        match error {
            Error::Unauthenticated => Self::UNAUTHENTICATED,
            Error::Forbidden { .. } | Error::NotFound => Self::PERMISSION_LOST,
            Error::PlanRequired { .. } => Self::PLAN_INACTIVE,
            Error::Internal(_) => Self::INTERNAL,
            error if error.describe().status == 503 => Self::TRY_LATER,
            _ => Self::BAD_MESSAGE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::standing::Denial;

    #[test]
    fn only_a_valid_token_keeps_its_socket() {
        assert_eq!(Close::for_verdict(Code::Valid), None);
        for denial in [Denial::Unknown, Denial::Revoked, Denial::Expired] {
            assert_eq!(Close::for_verdict(denial.into()).unwrap().code, 4401);
        }
        for denial in [Denial::Scope, Denial::Network] {
            assert_eq!(Close::for_verdict(denial.into()).unwrap().code, 4403);
        }
    }
}
