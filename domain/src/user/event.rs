//! What has happened to a person, in the words the log keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Profile, Summary};
use crate::{
    Sealed, StoredEvent, Time,
    digest::Digest,
    event,
    id::{SubjectId, VaultRef},
    keyed_id::ClerkUserId,
    username::Username,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "user.registered")]
    Registered {
        /// Counts from 1; never given twice, with gaps.
        number: u64,
        handle: Sealed<Username>,
        origin: Origin,
        subject_key_id: SubjectId,
    },
    /// The identity provider knows them too.
    #[serde(rename = "user.clerk_linked")]
    ClerkLinked { clerk_user_id_hmac: ClerkUserId },
    #[serde(rename = "user.profile_changed")]
    ProfileChanged {
        profile: Sealed<Profile>,
        /// When it was so at the identity provider.
        source_updated_at: Time,
    },
    /// The identity provider said something that came too late to matter.
    #[serde(rename = "user.profile_change_ignored")]
    ProfileChangeIgnored { source_updated_at: Time, reason: IgnoredReason },
    #[serde(rename = "user.credential_set")]
    CredentialSet(Credential),
    #[serde(rename = "user.membership_changed")]
    MembershipChanged(Membership),
    #[serde(rename = "user.locked")]
    Locked { until: Time, cause: LockCause },
    #[serde(rename = "user.unlocked")]
    Unlocked {},
    /// Whatever was decided on an earlier state of this person is void.
    #[serde(rename = "user.credentials_ended")]
    CredentialsEnded { cause: Cause },
    #[serde(rename = "user.deactivated")]
    Deactivated { cause: Cause },
    #[serde(rename = "user.reactivated")]
    Reactivated { cause: Cause },
    /// Nobody can read any more who it was; the last event.
    #[serde(rename = "user.erased")]
    Erased { keys_destroyed: u32, receipt_hash: Digest },
    /// Nobody may be given this id any more; only ever the first event.
    #[serde(rename = "user.abandoned")]
    Abandoned {},
    #[serde(rename = "user.summarised")]
    Summarised(Box<Summary>),
}

/// How a person came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Clerk,
    Register,
    Operator,
}

/// Where the password's hash lies, and how it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub vault_ref: VaultRef,
    /// Algorithm and cost, e.g. `argon2id,m=19456,t=2,p=1`; the salt lies with the hash.
    pub kdf: String,
}

/// What the community calls a person; apart from the roles in workspaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub roles: BTreeSet<MembershipRole>,
    /// `None` where premium does not end, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub premium_expiry: Option<Time>,
    pub group_id: u32,
    #[serde(default)]
    pub other_group_ids: Vec<u32>,
    /// Rights by area of the community.
    #[serde(default)]
    pub permissions: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipRole {
    Member,
    Supporter,
    Premium,
    LifetimePremium,
}

impl MembershipRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Supporter => "supporter",
            Self::Premium => "premium",
            Self::LifetimePremium => "lifetimepremium",
        }
    }
}

impl Default for Membership {
    fn default() -> Self {
        Self {
            roles: BTreeSet::from([MembershipRole::Member]),
            premium_expiry: None,
            group_id: 1,
            other_group_ids: vec![],
            permissions: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCause {
    /// Too many wrong passwords.
    Guessing,
    Operator,
}

/// Why someone's access changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The person asked for it.
    User,
    Operator,
    /// The identity provider said so.
    Clerk,
    /// The person is erased.
    Erased,
}

/// Why what the identity provider said was not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoredReason {
    /// Something newer was said before.
    Late,
    /// The person is erased, or about to be.
    Erased,
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "user.summarised", schema: 1 });
}
