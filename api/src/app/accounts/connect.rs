//! Connecting: the state is spent, then the code; then place, identity, vault, account.
//!
//! The state goes first, so of any number of callbacks one asks the platform. A node that dies
//! after that leaves a spent state, and perhaps a place that a reactor frees; the person begins
//! again. What the platform gave lies in the vault before the account is on record.

mod target;

use domain::{
    Secret,
    connect_attempt::{self, Claim, ConnectAttempt, RefusalCause, ReturnTo, Started},
    connected_account::{self, Connect, ConnectedAccount, Connection},
    id::{ConnectAttemptId, UserId},
    platform::PlatformName,
    role::Permission,
};
use fail::fail_point;
use store::ExecuteError;

use self::target::Target;
use super::{person, start::read_state, state_mismatch, unknown_platform};
use crate::{
    app::{
        App, Changed, Request,
        platforms::{Identity, Platform, ProviderFailure, Tokens},
        request::{Undertaking, stream_of},
    },
    error::Error,
};

/// What a platform told a browser to bring back.
#[derive(Clone, Debug)]
pub enum Answer {
    Code(Secret<String>),
    /// The person said no.
    Denied,
    /// The platform could not do it.
    Failed,
}

/// What the platform gave for a code, and whose it is.
struct Brought {
    tokens: Tokens,
    identity: Identity,
}

/// One connection under way; its state is spent.
struct Connecting<'a> {
    app: &'a App,
    attempt: ConnectAttemptId,
    started: Started,
    user: UserId,
    platform: &'a Platform,
    undertaking: Undertaking<'a>,
}

impl App {
    /// Connects the account that the person agreed to.
    ///
    /// # Errors
    ///
    /// `UNKNOWN_PLATFORM`, `STATE_MISMATCH`, `ACCESS_DENIED`, `PROVIDER_REJECTED`,
    /// `ACCOUNT_ALREADY_CONNECTED`, `ACCOUNT_LIMIT_REACHED`.
    pub async fn connect_account(
        &self,
        request: &Request,
        platform: &str,
        state: Secret<String>,
        answer: Answer,
    ) -> Result<Changed<ConnectedAccount>, Error> {
        let platform: PlatformName = platform.parse().map_err(|_| unknown_platform())?;
        let platform = self.platforms.get(&platform).ok_or_else(unknown_platform)?;
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let (attempt, state_sha256) = read_state(&state).ok_or_else(state_mismatch)?;
            let caller = request.caller()?;
            let user = person(caller)?;
            let loaded = app.log.load::<ConnectAttempt>(attempt).await?;
            let started = loaded.state.started().ok_or_else(state_mismatch)?.clone();
            let workspace = started.workspace_id;
            let undertaking = app.undertake(&request, "ConnectAccount", Some(workspace))?.afresh();
            let session_hmac = app.session_hmac(caller);
            let name = platform.name.clone();
            let at = undertaking.at();
            let claim = Claim { platform: name, state_sha256, user, session_hmac, at };
            let context = undertaking.step("claim").on::<ConnectAttempt>(attempt).await?;
            let claim = connect_attempt::Command::Claim(claim);
            app.log.execute::<ConnectAttempt>(attempt, &claim, &context).await?;
            let connecting =
                Connecting { app: &app, attempt, started, user, platform: &platform, undertaking };
            let outcome = match app.access(caller, workspace, Permission::AccountsManage).await {
                Ok(access) => {
                    let limit = app.plan_limits(access.open().plan).connected_accounts;
                    connecting.run(&state, answer, limit).await
                }
                Err(error) => Err(error),
            };
            connecting.close(outcome).await
        })
        .await
    }

    /// Returns where the browser of an attempt wants to go, to whoever knows its state.
    pub async fn return_address(&self, state: &Secret<String>) -> Result<Option<ReturnTo>, Error> {
        let Some((attempt, hash)) = read_state(state) else { return Ok(None) };
        let loaded = self.log.load::<ConnectAttempt>(attempt).await?.state;
        let started = loaded.started().filter(|started| started.state_sha256 == hash);
        let Some(sealed) = started.and_then(|started| started.return_to.as_ref()) else {
            return Ok(None);
        };
        let stream = stream_of::<ConnectAttempt>(attempt);
        Ok(self.vault.open_sealed(&stream, "return_to", sealed).await?)
    }
}

impl Connecting<'_> {
    async fn run(
        &self,
        state: &Secret<String>,
        answer: Answer,
        limit: u32,
    ) -> Result<Changed<ConnectedAccount>, Error> {
        let code = match answer {
            Answer::Code(code) => code,
            Answer::Denied => return Err(access_denied()),
            Answer::Failed => return Err(provider_rejected()),
        };
        let brought = self.bring(state, &code).await?;
        fail_point!("connect.answered");
        let target = self.target(&brought.identity).await?;
        if !target.again {
            self.reserve(&target, limit).await?;
        }
        let vault_version = self.keep(&target, &brought.tokens).await?;
        fail_point!("connect.stored");
        self.connect(&target, brought, vault_version).await
    }

    /// Spends the code and asks whose the tokens are.
    async fn bring(&self, state: &Secret<String>, code: &Secret<String>) -> Result<Brought, Error> {
        let (redirect, verifier) =
            (self.app.redirect_uri(self.platform)?, self.app.verifier(state));
        let (asked, now) = (&self.started.scopes, self.app.clock.now());
        let tokens = self.platform.exchange(code, &redirect, &verifier, asked, now).await;
        let tokens = tokens.map_err(failed)?;
        let identity = self.platform.identify(&tokens).await.map_err(failed)?;
        Ok(Brought { tokens, identity })
    }

    async fn connect(
        &self,
        target: &Target,
        Brought { tokens, identity }: Brought,
        vault_version: u64,
    ) -> Result<Changed<ConnectedAccount>, Error> {
        let (app, id) = (self.app, target.account_id);
        let (stream, subject) = (stream_of::<ConnectedAccount>(id), self.user.into());
        let user_id = &identity.user_id;
        let platform_username = match &identity.username {
            Some(name) => Some(app.vault.seal(subject, &stream, "platform_username", name).await?),
            None => None,
        };
        let connection = Connection {
            workspace_id: self.started.workspace_id,
            platform: self.platform.name.clone(),
            identity: target.identity,
            platform_user_id: app.vault.seal(subject, &stream, "platform_user_id", user_id).await?,
            platform_username,
            refreshable: tokens.refresh.is_some(),
            access_expires_at: tokens.expires_at,
            scopes: tokens.scopes,
            vault_ref: target.vault_ref,
            vault_version,
            connected_by: self.user,
        };
        let command = connected_account::Command::Connect(Connect { connection });
        let context = self.undertaking.step("account").on::<ConnectedAccount>(id).await?;
        let committed = app.log.execute::<ConnectedAccount>(id, &command, &context).await?;
        Ok(Changed::new(id, committed))
    }

    /// Puts on record what became of the attempt.
    async fn close(
        &self,
        outcome: Result<Changed<ConnectedAccount>, Error>,
    ) -> Result<Changed<ConnectedAccount>, Error> {
        use connect_attempt::Command;
        let command = match &outcome {
            Ok(connected) => Command::Complete { account_id: connected.id },
            Err(error) => Command::Refuse { cause: cause_of(error) },
        };
        let context = self.undertaking.step("close").on::<ConnectAttempt>(self.attempt).await?;
        let closed = self.app.log.execute::<ConnectAttempt>(self.attempt, &command, &context).await;
        if let Err(ExecuteError::Unavailable(error)) = closed {
            // The state is spent all the same, and the account is what it is.
            Error::from(error).log();
        }
        outcome
    }
}

fn cause_of(error: &Error) -> RefusalCause {
    match error {
        Error::Rejected { code: "ACCESS_DENIED", .. } => RefusalCause::AccessDenied,
        Error::Rejected { code: "ACCOUNT_ALREADY_CONNECTED", .. } => RefusalCause::AlreadyConnected,
        Error::Rejected { code: "ACCOUNT_LIMIT_REACHED", .. } => RefusalCause::LimitReached,
        Error::Forbidden { .. } | Error::NotFound => RefusalCause::NotAllowed,
        _ => RefusalCause::ProviderError,
    }
}

fn access_denied() -> Error {
    let message = "the person did not agree at the platform".into();
    Error::Rejected { code: "ACCESS_DENIED", message }
}

/// The person is told that it failed, the operator why.
fn failed(failure: ProviderFailure) -> Error {
    tracing::warn!(%failure, "an account could not be connected");
    provider_rejected()
}

fn provider_rejected() -> Error {
    let message = "the platform did not do its part; begin again".into();
    Error::Rejected { code: "PROVIDER_REJECTED", message }
}
