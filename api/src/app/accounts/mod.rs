//! Connected accounts: consent at a platform, its tokens in the vault, and their renewal.
//!
//! No provider is asked while a stream is held: what it answers is decided upon afterwards, and
//! whoever was slower finds that out from the stream.
//!
//! Read in this order: [`start`], [`connect`], [`tokens`], [`refresh`], [`disconnect`].

mod connect;
mod disconnect;
mod refresh;
mod start;
mod tokens;

use domain::{
    connected_account::{Account, ConnectedAccount},
    digest::Digest,
    id::{ConnectedAccountId, UserId, WorkspaceId},
    keyed_id::PlatformIdentityId,
    platform::{PlatformName, PlatformUserId},
    role::Permission,
};
use store::Loaded;
use url::Url;

pub use self::{
    connect::Answer,
    start::{StartConnection, StartedConnection},
    tokens::ProviderToken,
};
use super::{Access, App, Caller, Who, platforms::Platform};
use crate::error::Error;

impl App {
    /// Returns an account and the caller's access to its workspace, if that includes `permission`.
    pub async fn connected_account(
        &self,
        caller: &Caller,
        id: ConnectedAccountId,
        permission: Permission,
    ) -> Result<(Access, Loaded<ConnectedAccount>), Error> {
        let loaded = self.log.load::<ConnectedAccount>(id).await?;
        let account = loaded.state.account().ok_or(Error::NotFound)?;
        let access = self.access(caller, account.connection.workspace_id, permission).await?;
        Ok((access, loaded))
    }

    /// Where the platform sends browsers back to.
    fn redirect_uri(&self, platform: &Platform) -> Result<Url, Error> {
        if let Some(configured) = &platform.description.redirect_uri {
            return Ok(configured.clone());
        }
        let base = self.settings.public_url.as_ref();
        let base =
            base.ok_or_else(|| Error::Internal(anyhow::anyhow!("no public URL is known")))?;
        let path = format!("/connect/{}/callback", platform.name);
        base.join(&path).map_err(|error| Error::Internal(error.into()))
    }

    /// What stands for the credential that somebody acts with: an attempt is bound to it.
    fn session_hmac(&self, caller: &Caller) -> Digest {
        let parts = [caller.auth.method.as_bytes(), caller.auth.credential_id.as_bytes()];
        Digest::from_bytes(self.vault.hmac("connect_session", &parts))
    }

    /// The stream that keeps an identity from being connected twice in a workspace.
    fn identity_of(
        &self,
        workspace: WorkspaceId,
        platform: &PlatformName,
        user: &PlatformUserId,
    ) -> PlatformIdentityId {
        let workspace = workspace.as_uuid();
        let parts = [workspace.as_bytes(), platform.as_str().as_bytes(), user.as_str().as_bytes()];
        PlatformIdentityId::of(&self.vault.hmac("platform_identity", &parts))
    }
}

/// The person who may connect accounts; nobody connects them in another's name.
fn person(caller: &Caller) -> Result<UserId, Error> {
    match &caller.who {
        Who::User { id, .. } => Ok(*id),
        Who::AgentToken { .. }
        | Who::SessionToken { .. }
        | Who::OauthClient { .. }
        | Who::Service { .. }
        | Who::Operator { .. } => Err(Error::forbidden(Permission::AccountsManage)),
    }
}

fn unknown_platform() -> Error {
    Error::Rejected {
        code: "UNKNOWN_PLATFORM",
        message: "accounts of this platform can not be connected here".into(),
    }
}

fn state_mismatch() -> Error {
    Error::rejected(&domain::connect_attempt::Rejection::StateMismatch)
}

fn needs_reconnect() -> Error {
    Error::rejected(&domain::connected_account::Rejection::NeedsReconnect)
}

/// Under whose key an account's tokens lie.
fn subject(account: &Account) -> domain::id::SubjectId {
    account.connection.connected_by.into()
}
