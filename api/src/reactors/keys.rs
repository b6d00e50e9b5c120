//! The reactor `keys`: a key that was announced takes over when its time has come, and one that
//! retired is dropped once nothing it signed can be alive.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use domain::{
    Aggregate,
    event::DecodeError,
    keyring::{Activate, Command, Event, Keyring, KeyringId, Kid, Rejection},
    reactor_cursor::ReactorName,
};
use store::{ExecuteError, Recorded};

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    is_summary,
    steps::Steps,
};
use crate::{app::signing_keys::LONGEST_TOKEN, error::Error};

pub(super) struct Keys;

/// A key by its thumbprint, in bytes.
type Thumbprint = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    Activate(Thumbprint),
    Drop(Thumbprint),
}

impl Reactor for Keys {
    const NAME: ReactorName = ReactorName::new("keys");
    const CATEGORIES: &'static [&'static str] = &[Keyring::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        if is_summary::<Keyring>(event) || event.id_of::<Keyring>().is_none() {
            return Ok(());
        }
        match event.decode::<Event>()? {
            Event::Announced { kid, activates_at, .. } => {
                if let Some(key) = thumbprint(&kid) {
                    agenda.add(Task::Activate(key), activates_at, cause);
                }
            }
            Event::Activated { kid } | Event::Compromised { kid } => {
                if let Some(key) = thumbprint(&kid) {
                    agenda.settle(Task::Activate(key));
                }
            }
            Event::Retired { kid, drop_at } => {
                if let Some(key) = thumbprint(&kid) {
                    agenda.settle(Task::Activate(key));
                    agenda.add(Task::Drop(key), drop_at, cause);
                }
            }
            Event::Dropped { kid } => {
                if let Some(key) = thumbprint(&kid) {
                    agenda.settle(Task::Drop(key));
                }
            }
            Event::Summarised(_) => {}
        }
        Ok(())
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        let at = steps.now();
        let (step, command) = match task {
            Task::Activate(key) => {
                let former_drops_at = at + LONGEST_TOKEN;
                let activate = Activate { kid: kid(key), former_drops_at, at };
                (format!("activate {}", kid(key)), Command::Activate(activate))
            }
            Task::Drop(key) => (format!("drop {}", kid(key)), Command::Drop { kid: kid(key), at }),
        };
        let context = steps.context("RotateSigningKey", &step, None);
        match steps.app.log.execute::<Keyring>(KeyringId, &command, &context).await {
            // Withdrawn or distrusted in the meantime.
            Ok(_) | Err(ExecuteError::Rejected(Rejection::NotFound | Rejection::Finished)) => {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn thumbprint(kid: &Kid) -> Option<Thumbprint> {
    BASE64URL.decode(kid.as_str()).ok()?.try_into().ok()
}

fn kid(thumbprint: Thumbprint) -> Kid {
    Kid::new(BASE64URL.encode(thumbprint))
}
