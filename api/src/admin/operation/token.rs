//! What an operator may ask about agent tokens.

use clap::{Args, Subcommand};
use domain::{Time, scope::AgentScope};
use serde::{Deserialize, Serialize};

use crate::admin::reference::{UserRef, WorkspaceRef};

/// Agent tokens of a workspace.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenOperation {
    /// Create an agent token and print its secret, once
    Create(CreateToken),
    /// List the agent tokens of a workspace
    List(ListTokens),
    /// Revoke an agent token at once and for good; revoking it again changes nothing
    Revoke(RevokeToken),
    /// Revoke all tokens of a workspace that nobody used for long; prints which
    ///
    /// `token list --unused-for` shows them first.
    RevokeUnused(RevokeUnused),
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct CreateToken {
    /// Whose token it is: `ws_…`, or a person whose personal workspace is meant (`@name`, `usr_…`,
    /// `nxk_…`)
    #[arg(long, short)]
    pub workspace: WorkspaceRef,
    /// What people call it, e.g. the machine it is for
    #[arg(long, short)]
    pub name: String,
    /// When it expires, RFC 3339 (`2027-01-31T00:00:00Z`); never, if left out
    #[arg(long, value_name = "TIME")]
    pub expires_at: Option<Time>,
    /// What it may do: `ws:connect` (the default), `graphql`; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<AgentScope>,
    /// A network it may be used from, e.g. `10.0.0.0/8`; may be repeated, anywhere if left out
    #[arg(long = "allow", value_name = "CIDR")]
    pub allowed_cidrs: Vec<String>,
    /// The member it is made for and acts as; an owner of the workspace, if left out
    #[arg(long, value_name = "USER")]
    pub acts_as: Option<UserRef>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct ListTokens {
    /// `ws_…`, or a person whose personal workspace is meant (`@name`, `usr_…`, `nxk_…`)
    #[arg(long, short)]
    pub workspace: WorkspaceRef,
    /// Only those that are not over, and that nobody used for so many days; one that was never
    /// used counts from its creation
    #[arg(long, value_name = "DAYS")]
    #[serde(default)]
    pub unused_for: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RevokeUnused {
    /// `ws_…`, or a person whose personal workspace is meant (`@name`, `usr_…`, `nxk_…`)
    #[arg(long, short)]
    pub workspace: WorkspaceRef,
    /// For how long nobody used them
    #[arg(long, value_name = "DAYS")]
    pub days: u16,
    /// Why, for the history
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RevokeToken {
    /// The token's id, `tok_…`; never its secret
    pub id: String,
    /// Why, for the history
    #[arg(long)]
    pub reason: Option<String>,
}
