//! Tickets: half a minute to open one socket, for clients whose URLs are seen by others.
//!
//! ```text
//! Unissued ──Issue──▶ Issued ──Spend──▶ Spent
//!                        └──(expires_at)──▶ Expired
//! ```
//!
//! The socket has what the credential has that the ticket was asked for by: its scopes, network,
//! expiry and end.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    Aggregate, Retention, StoredEvent, Time, aggregate,
    id::{SessionTokenId, TicketId, TokenId, UserId, WorkspaceId},
    secret::SecretHash,
    session_token::Via,
};

/// One ticket, from before it exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ticket {
    #[default]
    Unissued,
    Issued(Box<Issued>),
    Spent,
}

/// What a ticket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Credential {
    AgentToken {
        id: TokenId,
    },
    SessionToken {
        id: SessionTokenId,
    },
    /// A person who is signed in, in one workspace.
    Session {
        #[serde(flatten)]
        via: Via,
        user: UserId,
        workspace: WorkspaceId,
    },
}

/// All that is said of a ticket before it is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    pub credential: Credential,
    pub secret_sha256: SecretHash,
    pub expires_at: Time,
}

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "ticket.issued")]
    Issued(Issued),
    #[serde(rename = "ticket.spent")]
    Spent {},
}

impl StoredEvent for Event {}

#[derive(Clone, Debug)]
pub enum Command {
    Issue(Issued),
    Spend(Spend),
}

/// Of any number at once, one succeeds.
#[derive(Clone, Copy, Debug)]
pub struct Spend {
    pub presented: SecretHash,
    pub at: Time,
}

/// Why a command on a ticket is refused. To whoever presents one all are one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such ticket")]
    NotFound,
    #[error("this ticket exists already")]
    AlreadyIssued,
    #[error("this ticket has been used")]
    Spent,
    #[error("this ticket has expired")]
    Expired,
}

impl aggregate::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyIssued => "TICKET_ALREADY_ISSUED",
            Self::Spent => "TICKET_SPENT",
            Self::Expired => "TICKET_EXPIRED",
        }
    }
}

impl Aggregate for Ticket {
    const CATEGORY: &'static str = "ticket";
    const RETENTION: Retention = Retention::Hours(1);

    type Id = TicketId;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unissued, Command::Issue(issued)) => Ok(vec![Event::Issued(issued.clone())]),
            (_, Command::Issue(_)) => Err(Rejection::AlreadyIssued),
            (Self::Unissued, Command::Spend(_)) => Err(Rejection::NotFound),
            (Self::Spent, Command::Spend(_)) => Err(Rejection::Spent),
            (Self::Issued(issued), Command::Spend(spend)) => {
                if issued.secret_sha256 != spend.presented {
                    Err(Rejection::NotFound)
                } else if issued.expires_at <= spend.at {
                    Err(Rejection::Expired)
                } else {
                    Ok(vec![Event::Spent {}])
                }
            }
        }
    }

    fn evolve(self, event: &Event, _: Time) -> Self {
        match event {
            Event::Issued(issued) => Self::Issued(Box::new(issued.clone())),
            Event::Spent {} => Self::Spent,
        }
    }
}
