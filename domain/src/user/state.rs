//! What is known of a person.

use serde::{Deserialize, Serialize};

use super::{Cause, Credential, Event, LockCause, Membership, Origin, Profile};
use crate::{Sealed, Time, id::SubjectId, keyed_id::ClerkUserId, username::Username};

/// One person, from before they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum User {
    #[default]
    Unknown,
    /// Given up before the registration was complete.
    Abandoned,
    Registered(Box<Person>),
}

impl User {
    /// The person, where there is one.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Registered(person) => Some(person),
            Self::Unknown | Self::Abandoned => None,
        }
    }
}

/// How many facts a decision knew of a person: what logins and access tokens (`urev`) carry.
///
/// Counts facts, not the stream's events: a summary is none, and one that a later release reads
/// past must not shift the count. So it comes from a folded [`Person`], never from the log's own
/// revision.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// Reads what a token of ours carries.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    pub const fn as_number(self) -> u64 {
        self.0
    }
}

/// A person who registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub number: u64,
    pub handle: Sealed<Username>,
    pub origin: Origin,
    pub subject_key_id: SubjectId,
    pub registered_at: Time,
    /// `None` for who signs in elsewhere.
    pub credential: Option<Credential>,
    pub membership: Membership,
    pub locked: Option<Locked>,
    pub deactivated: Option<Deactivation>,
    /// Who they are at the identity provider, where they are linked.
    pub clerk_user: Option<ClerkUserId>,
    /// What the identity provider said of them last.
    pub profile: Option<Sealed<Profile>>,
    /// When that was so.
    pub profile_updated_at: Option<Time>,
    /// Nobody can read any more who they were.
    pub erased: bool,
    pub revision: Revision,
    /// The first revision whose decisions still count, where any were voided.
    pub credentials_ended_at: Option<Revision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    pub until: Time,
    pub cause: LockCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deactivation {
    pub cause: Cause,
    pub at: Time,
}

impl Person {
    pub fn is_active(&self) -> bool {
        self.deactivated.is_none()
    }

    /// Tells whether they are erased, or about to be: nothing brings them back.
    pub fn is_erasing(&self) -> bool {
        self.erased || self.deactivated.is_some_and(|by| by.cause == Cause::Erased)
    }

    /// Tells whether sign-ins, consents and pairings are refused at a moment.
    ///
    /// A lock never refuses a token: else wrong guesses at a name would cut off its agents.
    pub fn is_locked(&self, at: Time) -> bool {
        self.locked.is_some_and(|lock| at < lock.until)
    }

    /// Tells whether what was decided at `revision` of this person still counts.
    pub fn accepts_credentials_of(&self, revision: Revision) -> bool {
        self.is_active() && self.credentials_ended_at.is_none_or(|ended| ended <= revision)
    }

    pub(super) fn new(
        number: u64,
        handle: Sealed<Username>,
        origin: Origin,
        subject_key_id: SubjectId,
        at: Time,
    ) -> Self {
        Self {
            number,
            handle,
            origin,
            subject_key_id,
            registered_at: at,
            credential: None,
            membership: Membership::default(),
            locked: None,
            deactivated: None,
            clerk_user: None,
            profile: None,
            profile_updated_at: None,
            erased: false,
            revision: Revision(1),
            credentials_ended_at: None,
        }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        self.revision.0 += 1;
        match event {
            Event::CredentialSet(credential) => self.credential = Some(credential.clone()),
            Event::MembershipChanged(membership) => self.membership = membership.clone(),
            Event::Locked { until, cause } => {
                self.locked = Some(Locked { until: *until, cause: *cause });
            }
            Event::Unlocked {} => self.locked = None,
            Event::CredentialsEnded { .. } => self.credentials_ended_at = Some(self.revision),
            Event::Deactivated { cause } => {
                self.deactivated = Some(Deactivation { cause: *cause, at });
                self.credentials_ended_at = Some(self.revision);
            }
            Event::Reactivated { .. } => self.deactivated = None,
            Event::ClerkLinked { clerk_user_id_hmac } => {
                self.clerk_user = Some(*clerk_user_id_hmac);
            }
            Event::ProfileChanged { profile, source_updated_at } => {
                self.profile = Some(profile.clone());
                self.profile_updated_at = Some(*source_updated_at);
            }
            Event::Erased { .. } => self.erased = true,
            Event::Registered { .. }
            | Event::ProfileChangeIgnored { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => {}
        }
    }
}
