//! Live codes: how many codes of digits a guess could hit, all nodes' together.
//!
//! Followed from where the reactor `pairings` stands, which is never past a code that lives; so a
//! node that starts knows all of them as soon as it has caught up.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    Aggregate, Time,
    pairing::{Event, PairerId, Pairing},
    pairing_code::Alphabet,
    reactor_cursor::{ReactorCursor, ReactorName},
};
use store::{Item, Position, Recorded};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use super::super::App;

/// The reactor that closes pairings.
pub const REACTOR: ReactorName = ReactorName::new("pairings");

const BATCH: usize = 500;
const PAUSE: Duration = Duration::from_secs(1);

/// The codes of digits that are open, by who has them: nobody has two.
#[derive(Debug, Default)]
pub struct LiveCodes {
    known: AtomicBool,
    until: Mutex<HashMap<PairerId, Time>>,
}

impl LiveCodes {
    /// How many live at a moment; none while that is not known yet.
    pub(super) fn digits(&self, at: Time) -> Option<u64> {
        if !self.known.load(Ordering::Acquire) {
            return None;
        }
        let mut codes = self.lock();
        codes.retain(|_, until| at < *until);
        Some(codes.len() as u64)
    }

    fn note(&self, by: PairerId, event: &Event) {
        match event {
            Event::CodeGenerated(generated) if generated.alphabet == Alphabet::Digits => {
                self.lock().insert(by, generated.expires_at);
            }
            Event::CodeGenerated(_)
            | Event::CodeSuperseded {}
            | Event::CodeCancelled {}
            | Event::CodeExchanged(_) => {
                self.lock().remove(&by);
            }
            Event::TokenIssued { .. } | Event::ExchangeAbandoned { .. } => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PairerId, Time>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Keeps count of the codes that live, until `stop`.
    pub async fn count_live_codes(self, stop: CancellationToken) {
        stop.run_until_cancelled(self.follow_codes()).await;
    }

    async fn follow_codes(&self) {
        let from = loop {
            match self.log.load::<ReactorCursor>(REACTOR).await {
                Ok(cursor) => break cursor.state.position().and_then(Position::decode),
                Err(error) => {
                    crate::error::Error::from(error).log();
                    sleep(PAUSE).await;
                }
            }
        };
        let mut events = self.log.follow(from, &[Pairing::CATEGORY]);
        loop {
            let batch = events.next_batch(BATCH).await;
            for item in &batch.events {
                // One that can not be read may have been a code; it is not counted for less than
                // the reactor's complaint about it.
                if let Item::Event(event) = item {
                    self.note_code(event);
                }
            }
            if batch.caught_up {
                self.live_codes.known.store(true, Ordering::Release);
            }
        }
    }

    fn note_code(&self, event: &Recorded) {
        if let (Some(by), Ok(fact)) = (event.id_of::<Pairing>(), event.decode::<Event>()) {
            self.live_codes.note(by, &fact);
        }
    }
}
