//! The state of an agent token as one event, so that a fold need not begin at the beginning.
//!
//! Sealed fields stand under the member names they were sealed under.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Created, Issued, Revocation, RevocationReason, Rotation, Usage};
use crate::{Sealed, Time, actor::Actor, id::TokenId, text::Reason};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    #[serde(flatten)]
    created: Created,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rotated: Option<Rotated>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    revoked: Option<Revoking>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    usage: Option<Used>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rotated {
    replaced_by: TokenId,
    overlap_ends_at: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Revoking {
    reason: RevocationReason,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<Sealed<Reason>>,
    revoked_by: Actor,
    revoked_at: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Used {
    day: NaiveDate,
    observations: u32,
    networks: Vec<Network>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Network {
    network: Sealed<String>,
}

impl Summary {
    pub(super) fn of(token: &Issued) -> Self {
        let token = token.clone();
        Self {
            created: Created {
                name: token.name,
                secret_sha256: token.secret_sha256,
                hint: token.hint,
                workspace_id: token.workspace_id,
                created_by: token.created_by,
                acts_as: token.acts_as,
                scopes: token.scopes,
                allowed_cidrs: token.allowed_cidrs,
                expires_at: token.expires_at,
                origin: token.origin,
            },
            created_at: token.created_at,
            rotated: token.rotated.map(|Rotation { replaced_by, overlap_ends_at }| Rotated {
                replaced_by,
                overlap_ends_at,
            }),
            revoked: token.revoked.map(|Revocation { reason, note, revoked_by, revoked_at }| {
                Revoking { reason, note, revoked_by, revoked_at }
            }),
            usage: token.usage.map(|Usage { day, observations, networks }| Used {
                day,
                observations,
                networks: networks.into_iter().map(|network| Network { network }).collect(),
            }),
        }
    }

    pub(super) fn restore(&self) -> Issued {
        let Self { created, created_at, rotated, revoked, usage } = self.clone();
        Issued {
            rotated: rotated.map(|Rotated { replaced_by, overlap_ends_at }| Rotation {
                replaced_by,
                overlap_ends_at,
            }),
            revoked: revoked.map(|Revoking { reason, note, revoked_by, revoked_at }| Revocation {
                reason,
                note,
                revoked_by,
                revoked_at,
            }),
            usage: usage.map(|Used { day, observations, networks }| Usage {
                day,
                observations,
                networks: networks.into_iter().map(|Network { network }| network).collect(),
            }),
            ..Issued::new(&created, created_at)
        }
    }
}
