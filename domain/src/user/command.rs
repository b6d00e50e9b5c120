//! What one can ask of a user.

use super::{
    Cause, Credential, Event, IgnoredReason, LockCause, Membership, Origin, Person, Profile,
    Rejection,
};
use crate::{
    Sealed, Time, digest::Digest, id::SubjectId, keyed_id::ClerkUserId, username::Username,
};

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
    /// Ties a person to who they are at the identity provider, once.
    LinkClerk(ClerkUserId),
    /// `SyncUser`: takes over what the identity provider says.
    ChangeProfile(ChangeProfile),
    /// Says that the keys of somebody who was deactivated for it are destroyed.
    Erase {
        keys_destroyed: u32,
        receipt_hash: Digest,
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

/// What the identity provider says of a person, and when it was so.
#[derive(Clone, Debug)]
pub struct ChangeProfile {
    pub profile: Sealed<Profile>,
    pub source_updated_at: Time,
    /// Whether the provider lets them sign in.
    pub banned: bool,
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
            Self::LinkClerk(clerk_user) => match person.clerk_user {
                None => Ok(vec![Event::ClerkLinked { clerk_user_id_hmac: *clerk_user }]),
                Some(linked) if linked == *clerk_user => Ok(vec![]),
                Some(_) => Err(Rejection::LinkedElsewhere),
            },
            Self::ChangeProfile(change) => Ok(change.decide(person)),
            Self::Erase { .. } if !person.is_erasing() => Err(Rejection::NotErasing),
            Self::Erase { keys_destroyed, receipt_hash } => Ok(unless(person.erased, || {
                Event::Erased { keys_destroyed: *keys_destroyed, receipt_hash: *receipt_hash }
            })),
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
                // Who is banned may still be erased.
                let already = person
                    .deactivated
                    .is_some_and(|it| *cause != Cause::Erased || it.cause == Cause::Erased);
                Ok(unless(already, || Event::Deactivated { cause: *cause }))
            }
            Self::Reactivate { .. } if person.is_erasing() => Err(Rejection::Deactivated),
            Self::Reactivate { cause } => {
                Ok(unless(person.is_active(), || Event::Reactivated { cause: *cause }))
            }
        }
    }
}

impl ChangeProfile {
    fn decide(&self, person: &Person) -> Vec<Event> {
        let source_updated_at = self.source_updated_at;
        let ignored = |reason| vec![Event::ProfileChangeIgnored { source_updated_at, reason }];
        if person.is_erasing() {
            return ignored(IgnoredReason::Erased);
        }
        match person.profile_updated_at {
            Some(known) if source_updated_at < known => return ignored(IgnoredReason::Late),
            // The same again, said by another message.
            Some(known) if source_updated_at == known => return vec![],
            Some(_) | None => {}
        }
        let profile = self.profile.clone();
        let mut events = vec![Event::ProfileChanged { profile, source_updated_at }];
        let cause = Cause::Clerk;
        match person.deactivated {
            None if self.banned => events.push(Event::Deactivated { cause }),
            Some(by) if by.cause == cause && !self.banned => {
                events.push(Event::Reactivated { cause });
            }
            None | Some(_) => {}
        }
        events
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
