//! What an operator may ask about a workspace: its plan and its members.

use clap::{Args, Subcommand};
use domain::{plan::Plan, role::Role};
use serde::{Deserialize, Serialize};

use crate::admin::reference::{UserRef, WorkspaceRef};

/// What a workspace pays for.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct SetPlan {
    /// `ws_…`, or a person whose personal workspace is meant (`@name`, `usr_…`, `nxk_…`)
    pub workspace: WorkspaceRef,
    /// `free`, `pro`, `team` or `enterprise`; may be higher or lower than now
    pub plan: Plan,
}

/// Members of a workspace.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberOperation {
    /// Add a registered person to a workspace
    Add(Membership),
    /// Change the role of a member
    SetRole(Membership),
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct Membership {
    /// `ws_…`, or a person whose personal workspace is meant (`@name`, `usr_…`, `nxk_…`)
    pub workspace: WorkspaceRef,
    /// Who: `@name`, `usr_…` or `nxk_…`
    pub user: UserRef,
    /// `viewer`, `member`, `admin`, `owner` or `auditor`; see `keyledger roles`
    pub role: Role,
}
