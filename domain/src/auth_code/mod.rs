//! Authorization codes: what a browser carries from a person's consent to an application.
//!
//! ```text
//! Unissued ──Issue──▶ Issued ──(expires_at)──▶ expired
//!                       └──Redeem──▶ Redeemed ──Replay──▶ its family is to be revoked
//! ```
//!
//! The stream is named by half of the code's SHA-256, so the code finds it and a copy of the log
//! finds no code. A code is good once, for the client, the redirect URI and the challenge it was
//! issued for; an attempt by another client says nothing about it and does not spend it.

mod command;
mod event;
mod id;
#[cfg(test)]
mod tests;

pub use command::{Command, Redeem};
pub use event::{Event, Issued};
pub use id::AuthCodeId;

use crate::{Aggregate, Retention, Time, aggregate, id::FamilyId, pkce::InvalidPkce};

/// One code, from before it is issued.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AuthCode {
    #[default]
    Unissued,
    Issued(Box<Code>),
}

/// A code that was issued.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub issued: Issued,
    /// The family it began, once it was redeemed.
    pub redeemed: Option<FamilyId>,
    pub replayed: bool,
}

impl AuthCode {
    /// The code, where there is one.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Issued(code) => Some(code),
            Self::Unissued => None,
        }
    }
}

/// Why a code is refused. To whoever presents it all are `invalid_grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the code is unknown")]
    Unknown,
    #[error("this code was issued already")]
    AlreadyIssued,
    #[error("the code was issued to another client")]
    OtherClient,
    #[error("the code was redeemed before")]
    Redeemed(FamilyId),
    #[error("the code has expired")]
    Expired,
    #[error("the redirect URI is not the one of the authorization request")]
    RedirectUri,
    #[error("code_verifier is missing")]
    VerifierMissing,
    #[error("code_verifier is malformed: {0}")]
    VerifierMalformed(InvalidPkce),
    #[error("code_verifier is not the one that the code was asked for with")]
    VerifierWrong,
    #[error("a code_verifier was sent, but the code was asked for without a challenge")]
    VerifierUnasked,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyIssued => "AUTH_CODE_ALREADY_ISSUED",
            _ => "AUTH_CODE_INVALID",
        }
    }
}

impl Aggregate for AuthCode {
    const CATEGORY: &'static str = "auth_code";
    const RETENTION: Retention = Retention::Days(1);

    type Id = AuthCodeId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unissued, Command::Issue(issued)) => Ok(vec![Event::Issued(issued.clone())]),
            (Self::Issued(_), Command::Issue(_)) => Err(Rejection::AlreadyIssued),
            (Self::Unissued, Command::Redeem(_) | Command::Replay) => Err(Rejection::Unknown),
            (Self::Issued(code), Command::Redeem(redeem)) => redeem.decide(code),
            (Self::Issued(code), Command::Replay) => {
                let first = code.redeemed.is_some() && !code.replayed;
                Ok(if first { vec![Event::Replayed {}] } else { vec![] })
            }
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match (self, event) {
            (_, Event::Issued(issued)) => {
                let issued = (**issued).clone();
                Self::Issued(Box::new(Code { issued, redeemed: None, replayed: false }))
            }
            (Self::Issued(mut code), Event::Redeemed { family_id }) => {
                code.redeemed = Some(*family_id);
                Self::Issued(code)
            }
            (Self::Issued(mut code), Event::Replayed {}) => {
                code.replayed = true;
                Self::Issued(code)
            }
            // Impossible, and too late to argue with.
            (Self::Unissued, Event::Redeemed { .. } | Event::Replayed {}) => Self::Unissued,
        }
    }
}
