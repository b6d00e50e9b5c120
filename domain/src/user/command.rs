//! What one can ask of a user.

use super::{Cause, Credential, Event, LockCause, Membership, Origin, Person, Rejection};
use crate::{Sealed, Time, id::SubjectId, username::Username};

#[derive(Clone, Debug)]
pub enum Command {
    Register(Register),
    SetCredential(Credential),
    ChangeMembership(Membership),
    Lock(Lock),
    Unlock,
    /// Voids every login there is; with `revoke_others`, before a new one begins.
    EndCredentials {
        cause: Cause,
    },
    /// `DeactivateUser`.
    Deactivate {
        cause: Cause,
    },
    Reactivate {
        cause: Cause,
    },
    /// Makes an id unusable that nobody was registered under. Refused where someone was.
    Abandon,
}

/// `RegisterUser`, once the name is reserved and the hash is in the vault.
#[derive(Clone, Debug)]
pub struct Register {
    pub number: u64,
    pub handle: Sealed<Username>,
    pub origin: Origin,
    pub subject_key_id: SubjectId,
    /// `None` for who signs in elsewhere.
    pub credential: Option<Credential>,
}

/// Refuses new sign-ins for a time. A lock that reaches no further than the present one is none.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    pub until: Time,
    pub cause: LockCause,
    pub at: Time,
}

impl Register {
    pub(super) fn decide(&self) -> Vec<Event> {
        let registered = Event::Registered {
            number: self.number,
            handle: self.handle.clone(),
            origin: self.origin,
            subject_key_id: self.subject_key_id,
        };
        let credential = self.credential.clone().map(Event::CredentialSet);
        [registered].into_iter().chain(credential).collect()
    }
}

impl Command {
    /// Decides for someone who is registered.
    pub(super) fn decide(&self, person: &Person) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Register(_) | Self::Abandon => Err(Rejection::AlreadyRegistered),
            Self::SetCredential(_) if !person.is_active() => Err(Rejection::Deactivated),
            Self::SetCredential(credential) => {
                Ok(unless(person.credential.as_ref() == Some(credential), || {
                    Event::CredentialSet(credential.clone())
                }))
            }
            Self::ChangeMembership(membership) => {
                Ok(unless(person.membership == *membership, || {
                    Event::MembershipChanged(membership.clone())
                }))
            }
            Self::Lock(lock) => Ok(lock.decide(person)),
            Self::Unlock => Ok(unless(person.locked.is_none(), || Event::Unlocked {})),
            // Who is deactivated has no login to end, and gets none before a reactivation.
            Self::EndCredentials { cause } => {
                Ok(unless(!person.is_active(), || Event::CredentialsEnded { cause: *cause }))
            }
            Self::Deactivate { cause } => {
                Ok(unless(!person.is_active(), || Event::Deactivated { cause: *cause }))
            }
            Self::Reactivate { cause } => {
                Ok(unless(person.is_active(), || Event::Reactivated { cause: *cause }))
            }
        }
    }
}

impl Lock {
    fn decide(&self, person: &Person) -> Vec<Event> {
        let reached = person.locked.map_or(self.at, |lock| lock.until);
        unless(self.until <= reached.max(self.at), || Event::Locked {
            until: self.until,
            cause: self.cause,
        })
    }
}

fn unless(already: bool, event: impl FnOnce() -> Event) -> Vec<Event> {
    if already { vec![] } else { vec![event()] }
}
