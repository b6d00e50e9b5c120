//! What one can ask of the pairings of a person in a workspace.

use super::{Event, Exchanged, Generated, Outcome, Pairing, Rejection};
use crate::{
    Sealed, Time,
    id::{TokenId, UserId},
    pairing_code::Alphabet,
    text::TokenName,
};

#[derive(Clone, Debug)]
pub enum Command {
    Generate(Generate),
    Cancel {
        number: u64,
    },
    Exchange(Exchange),
    /// The token appeared: closes the exchange.
    Issue {
        token_id: TokenId,
    },
    /// The token will never appear, or nobody was told its secret.
    Abandon {
        token_id: TokenId,
    },
}

/// `GeneratePairingCode`; permission, plan and lock are settled before.
#[derive(Clone, Debug)]
pub struct Generate {
    pub created_by: UserId,
    pub alphabet: Alphabet,
    pub expires_at: Time,
    pub token_name: Option<Sealed<TokenName>>,
    pub token_expires_at: Option<Time>,
    /// Above the number of every event in the stream, also of those that the log has forgotten.
    pub number_from: u64,
    pub at: Time,
}

/// `ExchangeCode`; whether its creator may still have a token is settled before.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub number: u64,
    pub exchanged: Exchanged,
    pub at: Time,
}

impl Generate {
    pub(super) fn decide(&self, pairing: &Pairing) -> Vec<Event> {
        let last = pairing.last.as_deref();
        let open = last.is_some_and(|code| code.outcome == Outcome::Open);
        let superseded = open.then_some(Event::CodeSuperseded {});
        let after_last = last.map_or(0, |code| code.generated.number + 1);
        let generated = Event::CodeGenerated(Box::new(Generated {
            number: self.number_from.max(after_last),
            created_by: self.created_by,
            alphabet: self.alphabet,
            expires_at: self.expires_at,
            token_name: self.token_name.clone(),
            token_expires_at: self.token_expires_at,
        }));
        superseded.into_iter().chain([generated]).collect()
    }
}

impl Exchange {
    pub(super) fn decide(&self, pairing: &Pairing) -> Result<Vec<Event>, Rejection> {
        let Some(code) = pairing.numbered(self.number) else {
            // Another took its place since the code was looked up.
            return Err(Rejection::Expired);
        };
        match code.refusal(self.at) {
            Some(refusal) => Err(refusal),
            None => Ok(vec![Event::CodeExchanged(Box::new(self.exchanged.clone()))]),
        }
    }
}
