//! The state of a person as one event, so that a fold need not begin at the beginning.
//!
//! Sealed fields stand under the member names they were sealed under.

use serde::{Deserialize, Serialize};

use super::{
    Cause, Credential, Deactivation, LockCause, Locked, Membership, Origin, Person, Profile,
    Revision,
};
use crate::{Sealed, Time, id::SubjectId, keyed_id::ClerkUserId, username::Username};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    number: u64,
    handle: Sealed<Username>,
    origin: Origin,
    subject_key_id: SubjectId,
    registered_at: Time,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credential: Option<Credential>,
    membership: Membership,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    locked: Option<Lock>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    deactivated: Option<Deactivated>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    clerk_user_id_hmac: Option<ClerkUserId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    profile: Option<Sealed<Profile>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    profile_updated_at: Option<Time>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    erased: bool,
    revision: Revision,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credentials_ended_at: Option<Revision>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Lock {
    until: Time,
    cause: LockCause,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Deactivated {
    cause: Cause,
    at: Time,
}

impl Summary {
    pub(super) fn of(person: &Person) -> Self {
        let person = person.clone();
        Self {
            number: person.number,
            handle: person.handle,
            origin: person.origin,
            subject_key_id: person.subject_key_id,
            registered_at: person.registered_at,
            credential: person.credential,
            membership: person.membership,
            locked: person.locked.map(|Locked { until, cause }| Lock { until, cause }),
            deactivated: person
                .deactivated
                .map(|Deactivation { cause, at }| Deactivated { cause, at }),
            clerk_user_id_hmac: person.clerk_user,
            profile: person.profile,
            profile_updated_at: person.profile_updated_at,
            erased: person.erased,
            revision: person.revision,
            credentials_ended_at: person.credentials_ended_at,
        }
    }

    pub(super) fn restore(&self) -> Person {
        let summary = self.clone();
        Person {
            number: summary.number,
            handle: summary.handle,
            origin: summary.origin,
            subject_key_id: summary.subject_key_id,
            registered_at: summary.registered_at,
            credential: summary.credential,
            membership: summary.membership,
            locked: summary.locked.map(|Lock { until, cause }| Locked { until, cause }),
            deactivated: summary
                .deactivated
                .map(|Deactivated { cause, at }| Deactivation { cause, at }),
            clerk_user: summary.clerk_user_id_hmac,
            profile: summary.profile,
            profile_updated_at: summary.profile_updated_at,
            erased: summary.erased,
            revision: summary.revision,
            credentials_ended_at: summary.credentials_ended_at,
        }
    }
}
