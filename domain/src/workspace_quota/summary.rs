//! The slots of a workspace as one event, so that a fold need not begin at the beginning.

use serde::{Deserialize, Serialize};

use super::{Passed, Slot, WorkspaceQuota};
use crate::{
    Time,
    id::{TokenId, UserId},
};

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    slots: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    token_id: TokenId,
    created_by: UserId,
    taken_at: Time,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    passed: Option<PassedOn>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PassedOn {
    to: TokenId,
    overlap_ends_at: Time,
}

impl Summary {
    pub(super) fn of(quota: &WorkspaceQuota) -> Self {
        let held = |(id, slot): (TokenId, &Slot)| {
            let Slot { created_by, taken_at, until, passed } = *slot;
            let passed =
                passed.map(|Passed { to, overlap_ends_at }| PassedOn { to, overlap_ends_at });
            Held { token_id: id, created_by, taken_at, until, passed }
        };
        Self { slots: quota.slots.iter().map(held).collect() }
    }

    pub(super) fn restore(&self) -> WorkspaceQuota {
        let slot = |held: &Held| {
            let Held { token_id, created_by, taken_at, until, ref passed } = *held;
            let passed =
                passed.as_ref().map(|on| Passed { to: on.to, overlap_ends_at: on.overlap_ends_at });
            (token_id, Slot { created_by, taken_at, until, passed })
        };
        WorkspaceQuota { slots: self.slots.iter().map(slot).collect() }
    }
}
