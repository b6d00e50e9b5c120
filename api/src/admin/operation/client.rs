//! What an operator may ask about applications.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::{
    oauth_client::{ClaimsProfile, ClientId, Kind},
    scope::OauthScope,
};
use serde::{Deserialize, Serialize};

/// Applications that may ask people for access.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOperation {
    /// Register an application; prints its `client_id` and, of a private one, its secret, once
    Create(DeclaredClient),
    /// List the applications
    List,
    /// Change what may change of an application
    Update(UpdateClient),
    /// Give a private application another secret, and print it, once
    RotateSecret(RotateClientSecret),
    /// End all that an application may do, at once, until it is reinstated
    Suspend(SuspendClient),
    /// Let a suspended application go on
    Reinstate(ClientRef),
    /// Register and change applications until they are as FILE says; again, it changes nothing
    Apply(ApplyClients),
}

/// An application as an operator describes it; also an entry of `clients.toml`.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredClient {
    /// How it introduces itself, e.g. `public_test`; one is invented, if left out
    #[arg(long)]
    #[serde(default)]
    pub client_id: Option<ClientId>,
    /// What people call it
    #[arg(long, short)]
    pub name: String,
    /// `public` for programs on people's own machines, `private` for servers
    #[arg(long)]
    pub kind: Kind,
    /// Where people are sent afterwards; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// What it may ask for, e.g. `openid`; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    #[serde(default)]
    pub scopes: Vec<OauthScope>,
    /// Seconds its access tokens live, 300 to 86400; six hours, if left out
    #[arg(long, value_name = "SECONDS")]
    #[serde(default)]
    pub access_token_ttl: Option<u32>,
    /// Whether it must use PKCE; a public one must anyway
    #[arg(long)]
    #[serde(default)]
    pub require_pkce: bool,
    /// Whether a refresh token is replaced whenever it is used, as a public one's must be; true, if left
    /// out
    #[arg(long, value_name = "BOOL")]
    #[serde(default)]
    pub rotate_refresh_tokens: Option<bool>,
    /// The shape of its access tokens: `compat` or `standard`; compat, if left out
    #[arg(long, value_name = "PROFILE")]
    #[serde(default)]
    pub claims_profile: Option<ClaimsProfile>,
    /// What it does, in a sentence
    #[arg(long)]
    #[serde(default)]
    pub description: Option<String>,
    /// Its page on the web
    #[arg(long, value_name = "URL")]
    #[serde(default)]
    pub homepage: Option<String>,
    /// Whom to write to about it; may be repeated
    #[arg(long = "contact", value_name = "EMAIL")]
    #[serde(default)]
    pub contacts: Vec<String>,
    /// The version of the use policy that its developer accepted
    #[arg(long, value_name = "VERSION")]
    #[serde(default)]
    pub policy_version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct ClientRef {
    /// Its `client_id`
    pub client: String,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct UpdateClient {
    /// Its `client_id`
    pub client: String,
    #[arg(long, short)]
    pub name: Option<String>,
    /// All of them, in place of those before; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// All of them, in place of those before; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<OauthScope>,
    #[arg(long, value_name = "SECONDS")]
    pub access_token_ttl: Option<u32>,
    #[arg(long)]
    pub require_pkce: Option<bool>,
    #[arg(long, value_name = "BOOL")]
    pub rotate_refresh_tokens: Option<bool>,
    #[arg(long, value_name = "PROFILE")]
    pub claims_profile: Option<ClaimsProfile>,
    #[arg(long, value_name = "URL")]
    pub homepage: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RotateClientSecret {
    /// Its `client_id`
    pub client: String,
    /// Seconds the secret before goes on
    #[arg(long, default_value_t = 86_400)]
    pub overlap: u32,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct SuspendClient {
    /// Its `client_id`
    pub client: String,
    /// Why, for whoever looks at it later
    #[arg(long)]
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct ApplyClients {
    /// A list of `[[client]]`; see `docs/operators.md`
    #[serde(skip)]
    pub file: PathBuf,
    /// What FILE says; read where the command is typed, since the server may be elsewhere.
    #[arg(skip)]
    pub clients: Vec<DeclaredClient>,
}

/// The shape of `clients.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(default, rename = "client")]
    clients: Vec<DeclaredClient>,
}

impl ClientOperation {
    /// Reads the file that is named, where one is.
    pub fn with_file(self) -> anyhow::Result<Self> {
        let Self::Apply(ApplyClients { file, .. }) = self else { return Ok(self) };
        let text = std::fs::read_to_string(&file)
            .map_err(|error| anyhow::anyhow!("{} can not be read: {error}", file.display()))?;
        let Declared { clients } = toml::from_str(&text)?;
        anyhow::ensure!(
            clients.iter().all(|client| client.client_id.is_some()),
            "every [[client]] needs a client_id, so that it is found again"
        );
        Ok(Self::Apply(ApplyClients { file, clients }))
    }
}
