//! What an operator may ask about the credentials of other services.

use clap::{Args, Subcommand};
use domain::{Time, scope::ServiceScope};
use serde::{Deserialize, Serialize};

use crate::admin::reference::WorkspaceRef;

/// Credentials of other services.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceCredentialOperation {
    /// Create a credential for another service and print its secret, once
    Create(CreateServiceCredential),
    /// Revoke a credential at once and for good; revoking it again changes nothing
    Revoke(RevokeServiceCredential),
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct CreateServiceCredential {
    /// What people call it, e.g. the service it is for
    #[arg(long, short)]
    pub name: String,
    /// What it may do, e.g. `tokens:verify`; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub scopes: Vec<ServiceScope>,
    /// The only workspace it may reach; every workspace, if left out
    #[arg(long, short)]
    pub workspace: Option<WorkspaceRef>,
    /// When it expires, RFC 3339; never, if left out
    #[arg(long, value_name = "TIME")]
    pub expires_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RevokeServiceCredential {
    /// The credential's id, `svc_…`; never its secret
    pub id: String,
}
