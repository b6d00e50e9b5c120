//! Errors over GraphQL: the caller's mistakes by code, our own by nothing but the request's id.
//!
//! A request that can not be answered is an entry in `errors`; a business refusal is a
//! [`UserError`] in the payload, where a client's type checker sees it.

use async_graphql::{Enum, ErrorExtensionValues, ErrorExtensions, Response, SimpleObject, Value};
use domain::Rejection;

use super::scalar;
use crate::error::Error;

/// Turns an error into an entry of `errors`. Logs what is our fault: this is where it is answered.
pub(crate) fn to_graphql(error: &Error) -> async_graphql::Error {
    error.log();
    async_graphql::Error::new(error.to_string()).extend_with(|_, values| {
        values.set("code", error.describe().graphql);
        details(error, values);
    })
}

fn details(error: &Error, values: &mut ErrorExtensionValues) {
    match error {
        Error::Forbidden { permission } => values.set("permission", *permission),
        Error::PlanRequired { required, current } => {
            values.set("requiredPlan", required.as_str().to_uppercase());
            values.set("currentPlan", current.as_str().to_uppercase());
        }
        Error::StaleRead { position: Some(position) } => {
            values.set("position", position.encode());
        }
        Error::VersionConflict { current: Some(current) } => {
            values.set("currentRevision", *current);
        }
        error => {
            if let Some(wait) = error.retry_after() {
                values.set("retryAfter", wait.as_secs().max(1));
            }
        }
    }
}

/// Gives a code to what the library refused, and to our own faults the request they belong to.
pub(super) fn finish(mut response: Response, request: Option<uuid::Uuid>) -> Response {
    for error in &mut response.errors {
        let values = error.extensions.get_or_insert_default();
        match (values.get("code"), request) {
            (None, _) => values.set("code", "BAD_USER_INPUT"),
            (Some(Value::String(code)), Some(request)) if code == "INTERNAL" => {
                values.set("requestId", request.to_string());
            }
            (Some(_), _) => {}
        }
    }
    response
}

/// A rule that the input breaks.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct UserError {
    pub code: UserErrorCode,
    /// A sentence for a person.
    pub message: String,
    /// Which member of the input is at fault, where one is.
    pub path: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum UserErrorCode {
    InvalidInput,
    NameRequired,
    NameTooLong,
    ExpiresInPast,
    ExpiresTooFar,
    TokenLimitReached,
    TokenRevoked,
    AccountAlreadyConnected,
    AccountLimitReached,
    StateMismatch,
    ProviderRejected,
    UnknownPlatform,
    PairingCodeInvalid,
    PairingCodeExpired,
    PairingCodeUsed,
    ScopeNotAllowed,
    LastOwner,
    AlreadyMember,
    UserNotFound,
    PlanRaiseRefused,
    RedirectUriInvalid,
    ClientIdTaken,
}

impl UserErrorCode {
    /// The code of a rejection; codes that this API can not bring about are invalid input.
    fn of(code: &str) -> Self {
        match code {
            "NAME_REQUIRED" => Self::NameRequired,
            "NAME_TOO_LONG" => Self::NameTooLong,
            "EXPIRES_IN_PAST" => Self::ExpiresInPast,
            "EXPIRES_TOO_FAR" => Self::ExpiresTooFar,
            "TOKEN_LIMIT_REACHED" => Self::TokenLimitReached,
            "TOKEN_REVOKED" => Self::TokenRevoked,
            "ACCOUNT_ALREADY_CONNECTED" => Self::AccountAlreadyConnected,
            "ACCOUNT_LIMIT_REACHED" => Self::AccountLimitReached,
            "STATE_MISMATCH" => Self::StateMismatch,
            "PROVIDER_REJECTED" | "ACCESS_DENIED" => Self::ProviderRejected,
            "UNKNOWN_PLATFORM" => Self::UnknownPlatform,
            "PAIRING_CODE_INVALID" => Self::PairingCodeInvalid,
            "PAIRING_CODE_EXPIRED" => Self::PairingCodeExpired,
            "PAIRING_CODE_USED" => Self::PairingCodeUsed,
            "SCOPE_NOT_ALLOWED" => Self::ScopeNotAllowed,
            "LAST_OWNER" => Self::LastOwner,
            "ALREADY_MEMBER" => Self::AlreadyMember,
            "USER_NOT_FOUND" => Self::UserNotFound,
            "PLAN_RAISE_REFUSED" => Self::PlanRaiseRefused,
            "REDIRECT_URI_INVALID" => Self::RedirectUriInvalid,
            "CLIENT_ID_TAKEN" => Self::ClientIdTaken,
            _ => Self::InvalidInput,
        }
    }
}

impl UserError {
    /// What is wrong with the member `field` of the input.
    pub(super) fn at(field: &str, rejection: &impl Rejection) -> Self {
        Self::new(field, UserErrorCode::of(rejection.code()), rejection.to_string())
    }

    pub(super) fn new(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        let path = Some(vec!["input".to_owned(), field.to_owned()]);
        Self { code, message: message.into(), path }
    }
}

/// Why a mutation did not do what it was asked.
pub(super) enum Refused {
    /// The business refuses.
    User(UserError),
    /// The request can not be answered.
    Request(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            // The workspace refuses by role what the permission table could not know.
            Error::Rejected { code: "FORBIDDEN", .. } => Self::Request(error),
            Error::Rejected { code, message } => {
                Self::User(UserError { code: UserErrorCode::of(code), message, path: None })
            }
            error => Self::Request(error),
        }
    }
}

impl From<UserError> for Refused {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

/// Splits what a payload tells from what makes the request fail.
pub(super) fn settle<T>(
    outcome: Result<T, Refused>,
) -> async_graphql::Result<Result<T, Vec<UserError>>> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Refused::User(error)) => Ok(Err(vec![error])),
        Err(Refused::Request(error)) => Err(to_graphql(&error)),
    }
}

/// The id is unknown, or somebody else's: the two are not told apart.
pub(super) fn not_found<E>(_: E) -> Error {
    Error::NotFound
}

/// Reads the cursor of a stream of events.
pub(super) fn stream_cursor(
    cursor: Option<scalar::Cursor>,
) -> Result<Option<store::Position>, Error> {
    let decode = |cursor: scalar::Cursor| {
        store::Position::decode(&cursor.0)
            .ok_or_else(|| Error::invalid("the cursor is not one of this stream"))
    };
    cursor.map(decode).transpose()
}
