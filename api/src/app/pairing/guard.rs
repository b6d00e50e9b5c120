//! Guard: what all nodes together let happen to codes of six digits.
//!
//! Each guess is charged before it is judged, and refunded if it was right. A node that has
//! charged a thousandth says so in the log, and judges no further guess until that is
//! acknowledged; the day's stream adds up what all nodes said, and trips the breaker.

use chrono::NaiveDate;
use domain::{
    actor::Actor,
    id::CommandId,
    pairing::PairerId,
    pairing_code::Alphabet,
    pairing_guard::{Count, GuardedDay, PairingGuard},
};
use store::{Context, random};
use tokio::sync::{Mutex, MutexGuard};

use super::super::App;
use crate::error::Error;

/// The risk that a node may keep to itself, in millionths.
const UNSAID: u64 = 1_000;

/// What this node has charged and not said yet.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<Charged>);

/// Whose turn it is to exchange: on one node one exchange of a person at a time, so that many of
/// one code do not take each other's slots. Between nodes the streams decide.
#[derive(Debug)]
pub struct Turns(Box<[Mutex<()>]>);

/// How many people share a turn is chance.
const STRIPES: usize = 64;

impl Default for Turns {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    pub(super) async fn of(&self, by: PairerId) -> MutexGuard<'_, ()> {
        let (_, low) = by.user.as_uuid().as_u64_pair();
        let stripe = usize::try_from(low % STRIPES as u64).unwrap_or_default();
        self.0[stripe].lock().await
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Charged {
    wrong: u64,
    /// In millionths.
    risk: u64,
    /// The day on which codes of digits are worthless, as far as this node has heard.
    tripped_on: Option<NaiveDate>,
}

impl Charged {
    /// All of it was said.
    fn said(&mut self, tripped_on: Option<NaiveDate>) {
        *self = Self { tripped_on: tripped_on.or(self.tripped_on), ..Self::default() };
    }
}

/// One guess, charged.
#[derive(Debug)]
pub(super) struct Charge {
    risk: u64,
}

impl App {
    /// Charges a guess at a code of this alphabet.
    ///
    /// # Errors
    ///
    /// [`Error::Overloaded`] while this node does not know how many codes live.
    pub(super) async fn charge_guess(&self, alphabet: Alphabet) -> Result<Charge, Error> {
        let at = self.clock.now();
        let mut charged = self.guesses.0.lock().await;
        if charged.risk >= UNSAID {
            let tripped_on = self.say(*charged).await?;
            charged.said(tripped_on);
        }
        let risk = match alphabet {
            // No code of digits is left that a guess could hit.
            Alphabet::Digits if charged.tripped_on == Some(at.date_naive()) => 0,
            Alphabet::Digits => self.live_codes.digits(at).ok_or(Error::Overloaded)?,
            // One in a billion needs no guard.
            Alphabet::Crockford => 0,
        };
        charged.wrong += 1;
        charged.risk += risk;
        Ok(Charge { risk })
    }

    /// The guess was right, and so was none.
    pub(super) async fn refund_guess(&self, charge: Charge) {
        let mut charged = self.guesses.0.lock().await;
        charged.wrong = charged.wrong.saturating_sub(1);
        charged.risk = charged.risk.saturating_sub(charge.risk);
    }

    /// The guess was wrong: what it makes due is said at once, not at the next one.
    pub(super) async fn settle_guess(&self) -> Result<(), Error> {
        let mut charged = self.guesses.0.lock().await;
        if charged.risk >= UNSAID {
            let tripped_on = self.say(*charged).await?;
            charged.said(tripped_on);
        }
        Ok(())
    }

    /// Tells whether codes of digits are worthless on a day.
    pub(super) async fn has_tripped(&self, day: NaiveDate) -> Result<bool, Error> {
        Ok(self.log.load::<PairingGuard>(GuardedDay(day)).await?.state.tripped)
    }

    /// Puts guesses on record; returns the day that they are of, if its breaker has tripped.
    async fn say(&self, charged: Charged) -> Result<Option<NaiveDate>, Error> {
        let (id, at) = (random::uuid(), self.clock.now());
        let context = Context {
            command_id: CommandId::from_uuid(id),
            command: "CountGuesses",
            correlation_id: id,
            causation_id: None,
            actor: Actor::system("pairing"),
            on_behalf_of: None,
            workspace_id: None,
            occurred_at: at,
            client: None,
            auth: None,
        };
        let Charged { wrong, risk, .. } = charged;
        let count = Count { node: self.log.node().to_owned(), wrong, risk };
        let day = GuardedDay(at.date_naive());
        let counted = self.log.execute::<PairingGuard>(day, &count, &context).await?;
        if counted.state.tripped {
            tracing::warn!(
                risk = counted.state.risk,
                "pairing codes are guessed at: until midnight (UTC) codes of digits are refused"
            );
        }
        metrics::counter!("keyledger_pairing_guesses_total").increment(wrong);
        Ok(counted.state.tripped.then_some(day.0))
    }
}
