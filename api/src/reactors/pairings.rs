//! The reactor `pairings`: exchanges that a command left half done.
//!
//! A code is spent before its token appears, and nobody is told the secret before the token's
//! appearance is in the log. An exchange that is still open after a minute is given up: its token
//! can never appear any more, or is revoked, for nobody holds it.
//!
//! Codes that live are on the agenda too, with nothing to be done about them: so the cursor stays
//! behind them, and a node that starts finds out which there are.

use chrono::TimeDelta;
use domain::{
    Aggregate,
    agent_token::{self, AgentToken, RevocationReason},
    event::DecodeError,
    id::TokenId,
    pairing::{Command, Event, PairerId, Pairing},
    reactor_cursor::ReactorName,
    workspace_quota::FreedCause,
};
use store::{ExecuteError, Recorded};

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    steps::Steps,
};
use crate::{app::pairing, error::Error};

pub(super) struct Pairings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// A code lives.
    Code { by: PairerId },
    /// A code was spent, and it is not said what became of its token.
    Exchange { by: PairerId, token: TokenId },
}

/// No exchange takes that long: whoever has not finished by then never will.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::minutes(1);

impl Reactor for Pairings {
    const NAME: ReactorName = pairing::REACTOR;
    const CATEGORIES: &'static [&'static str] = &[Pairing::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        let Some(by) = event.id_of::<Pairing>() else { return Ok(()) };
        match event.decode::<Event>()? {
            Event::CodeGenerated(generated) => {
                agenda.add(Task::Code { by }, generated.expires_at, cause);
            }
            Event::CodeSuperseded {} | Event::CodeCancelled {} => agenda.settle(Task::Code { by }),
            Event::CodeExchanged(exchanged) => {
                agenda.settle(Task::Code { by });
                let due = event.metadata.occurred_at + GIVEN_UP_AFTER;
                agenda.add(Task::Exchange { by, token: exchanged.token_id }, due, cause);
            }
            Event::TokenIssued { token_id: token } => agenda.settle(Task::Exchange { by, token }),
            // Said before the token is given up; only who has done that too is done.
            Event::ExchangeAbandoned { .. } => {}
        }
        Ok(())
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        match task {
            Task::Code { .. } => Ok(()),
            Task::Exchange { by, token } => give_up(steps, by, token).await,
        }
    }
}

/// Closes an exchange whose token nobody holds.
async fn give_up(steps: Steps<'_>, by: PairerId, token: TokenId) -> Result<(), Error> {
    let log = &steps.app.log;
    // First the word: an exchange that is slower than this learns from it that it was given up.
    let context = steps.context("AbandonExchange", &format!("abandon {token}"), Some(by.workspace));
    let abandon = Command::Abandon { token_id: token };
    let abandoned = log.execute::<Pairing>(by, &abandon, &context).await?;
    if abandoned.events.is_empty() && !abandoned.repeated {
        return Ok(()); // Its token was issued in the meantime.
    }
    let context = steps.context("AbandonToken", &format!("token {token}"), Some(by.workspace));
    let command = agent_token::Command::Abandon;
    match log.execute::<AgentToken>(token, &command, &context).await {
        Ok(_) => steps.free_slot(by.workspace, token, FreedCause::Abandoned).await,
        Err(ExecuteError::Rejected(agent_token::Rejection::AlreadyCreated)) => {
            steps.revoke_token(by.workspace, token, RevocationReason::User).await
        }
        Err(error) => Err(error.into()),
    }
}
