//! What has happened to the slots of a workspace, in the words the log keeps.

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{
    StoredEvent, Time, event,
    id::{TokenId, UserId},
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "slot.taken")]
    Taken {
        token_id: TokenId,
        created_by: UserId,
        /// When the token expires, and with it its slot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        until: Option<Time>,
    },
    #[serde(rename = "slot.passed")]
    Passed {
        from: TokenId,
        to: TokenId,
        /// Who created the replacement.
        created_by: UserId,
        overlap_ends_at: Time,
        /// When the replacement expires.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        until: Option<Time>,
    },
    #[serde(rename = "slot.freed")]
    Freed { token_id: TokenId, cause: FreedCause },
    #[serde(rename = "workspace_quota.summarised")]
    Summarised(Summary),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreedCause {
    /// Its token was revoked.
    Revoked,
    /// Its token never appeared; a slot that was passed to it goes back.
    Abandoned,
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "workspace_quota.summarised", schema: 1 });
}
