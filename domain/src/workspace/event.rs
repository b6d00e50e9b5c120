//! What has happened to a workspace, in the words the log keeps.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{
    Sealed, StoredEvent, Time, cidr::Cidrs, event, id::UserId, plan::Plan, role::Role,
    text::WorkspaceName,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Its owner is its first member.
    #[serde(rename = "workspace.created")]
    Created { owner: UserId, name: Sealed<WorkspaceName>, plan: Plan },
    #[serde(rename = "workspace.renamed")]
    Renamed { name: Sealed<WorkspaceName> },
    #[serde(rename = "workspace.plan_changed")]
    PlanChanged { from: Plan, to: Plan, effective_at: Time, source: PlanSource },
    #[serde(rename = "workspace.policy_changed")]
    PolicyChanged(Policy),
    #[serde(rename = "member.added")]
    MemberAdded { user: UserId, role: Role },
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged { user: UserId, from: Role, to: Role },
    #[serde(rename = "member.removed")]
    MemberRemoved { user: UserId },
    /// Nobody may be given this id any more; only ever the first event.
    #[serde(rename = "workspace.abandoned")]
    Abandoned {},
    #[serde(rename = "workspace.summarised")]
    Summarised(Box<Summary>),
}

/// Who changed a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanSource {
    Owner,
    Operator,
    Billing,
}

/// What a workspace asks of its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The longest a new token may live, in seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_token_ttl_s: Option<u32>,
    /// Whether a new token must expire.
    #[serde(default)]
    pub require_expiry: bool,
    /// Where tokens may be used from, besides what each token says itself.
    #[serde(skip_serializing_if = "Cidrs::is_empty", default)]
    pub allowed_cidrs: Cidrs,
    /// Whether auditors may list tokens.
    #[serde(default)]
    pub auditor_reads_tokens: bool,
}

impl Policy {
    pub fn max_token_ttl(&self) -> Option<TimeDelta> {
        self.max_token_ttl_s.map(|seconds| TimeDelta::seconds(seconds.into()))
    }
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "workspace.summarised", schema: 1 });
}
