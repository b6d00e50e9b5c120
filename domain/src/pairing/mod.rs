//! Pairings: how a device gets an agent token without anyone copying it.
//!
//! ```text
//! ── Generate ──▶ Open ──(expires_at)──▶ Expired
//!                  ├──Generate──▶ Superseded, by an open one
//!                  ├──Cancel──▶ Cancelled
//!                  └──Exchange──▶ Exchanged ──Issue──▶ Issued
//!                                     └──Abandon──▶ Abandoned
//! ```
//!
//! A stream holds the pairings of one person in one workspace; at most the last one is open. The
//! code itself is in no event: its reservation is named by an HMAC of it, and knows the pairing.

mod command;
mod event;
mod id;
#[cfg(test)]
mod tests;

pub use command::{Command, Exchange, Generate};
pub use event::{Event, Exchanged, Generated};
pub use id::{PairerId, PairingId};

use std::collections::BTreeSet;

use crate::{Aggregate, Retention, Time, aggregate, id::TokenId};

/// The pairings of one person in one workspace: all that still matters of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairing {
    /// The last one.
    pub last: Option<Box<Code>>,
    /// Tokens on their way: promised to a device, and not said to exist yet.
    pub pending: BTreeSet<TokenId>,
}

/// One pairing code.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub generated: Generated,
    pub generated_at: Time,
    pub outcome: Outcome,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    Cancelled(Time),
    Exchanged {
        exchanged: Exchanged,
        at: Time,
        /// Whether its token exists, and its device may have been told the secret.
        issued: bool,
    },
}

impl Pairing {
    /// The pairing of that number, if it is the last one.
    pub fn numbered(&self, number: u64) -> Option<&Code> {
        self.last.as_deref().filter(|code| code.generated.number == number)
    }

    fn has_issued(&self, token: TokenId) -> bool {
        let outcome = self.last.as_deref().map(|code| &code.outcome);
        matches!(outcome, Some(Outcome::Exchanged { exchanged, issued: true, .. })
            if exchanged.token_id == token)
    }
}

impl Code {
    /// Returns why the code can not be exchanged at a moment, if it can not.
    pub fn refusal(&self, at: Time) -> Option<Rejection> {
        match self.outcome {
            Outcome::Exchanged { .. } => Some(Rejection::Used),
            Outcome::Cancelled(_) => Some(Rejection::Expired),
            Outcome::Open if self.generated.expires_at <= at => Some(Rejection::Expired),
            Outcome::Open => None,
        }
    }
}

/// Why a command on a pairing is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such pairing")]
    NotFound,
    #[error("this pairing code has expired")]
    Expired,
    #[error("this pairing code has been used")]
    Used,
    #[error("this pairing was given up")]
    Abandoned,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Expired => "PAIRING_CODE_EXPIRED",
            Self::Used => "PAIRING_CODE_USED",
            Self::Abandoned => "PAIRING_ABANDONED",
        }
    }
}

impl Aggregate for Pairing {
    const CATEGORY: &'static str = "pairing";
    const RETENTION: Retention = Retention::Days(90);

    type Id = PairerId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Generate(generate) => Ok(generate.decide(self)),
            Command::Cancel { number } => self.cancel(*number),
            Command::Exchange(exchange) => exchange.decide(self),
            Command::Issue { token_id } if self.pending.contains(token_id) => {
                Ok(vec![Event::TokenIssued { token_id: *token_id }])
            }
            Command::Issue { token_id } if self.has_issued(*token_id) => Ok(vec![]),
            Command::Issue { .. } => Err(Rejection::Abandoned),
            Command::Abandon { token_id } if self.pending.contains(token_id) => {
                Ok(vec![Event::ExchangeAbandoned { token_id: *token_id }])
            }
            Command::Abandon { .. } => Ok(vec![]),
        }
    }

    fn evolve(mut self, event: &Event, at: Time) -> Self {
        match event {
            Event::CodeGenerated(generated) => {
                let generated = (**generated).clone();
                let code = Code { generated, generated_at: at, outcome: Outcome::Open };
                self.last = Some(Box::new(code));
            }
            // The next event says by what.
            Event::CodeSuperseded {} => {}
            Event::CodeCancelled {} => self.close(Outcome::Cancelled(at)),
            Event::CodeExchanged(exchanged) => {
                let exchanged = (**exchanged).clone();
                self.pending.insert(exchanged.token_id);
                self.close(Outcome::Exchanged { exchanged, at, issued: false });
            }
            Event::TokenIssued { token_id } => {
                self.pending.remove(token_id);
                self.note_issue(*token_id);
            }
            Event::ExchangeAbandoned { token_id } => {
                self.pending.remove(token_id);
            }
        }
        self
    }
}

impl Pairing {
    fn close(&mut self, outcome: Outcome) {
        if let Some(code) = &mut self.last {
            code.outcome = outcome;
        }
    }

    fn note_issue(&mut self, token: TokenId) {
        let outcome = self.last.as_deref_mut().map(|code| &mut code.outcome);
        if let Some(Outcome::Exchanged { exchanged, issued, .. }) = outcome {
            *issued |= exchanged.token_id == token;
        }
    }

    fn cancel(&self, number: u64) -> Result<Vec<Event>, Rejection> {
        match self.numbered(number).map(|code| &code.outcome) {
            Some(Outcome::Open) => Ok(vec![Event::CodeCancelled {}]),
            Some(Outcome::Cancelled(_)) => Ok(vec![]),
            Some(Outcome::Exchanged { .. }) => Err(Rejection::Used),
            // Superseded, which is as good as cancelled, or none of this stream's.
            None if self.last.as_ref().is_some_and(|last| number < last.generated.number) => {
                Ok(vec![])
            }
            None => Err(Rejection::NotFound),
        }
    }
}
