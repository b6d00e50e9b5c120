//! Refreshing: one request to the provider for any number of readers on any number of nodes.
//!
//! ```text
//! refresh_started ─▶ the provider is asked ─▶ the new pair is in the vault ─▶ refreshed
//! ```
//!
//! A node that dies after the first leaves a lease that ends by itself, and the old pair is tried
//! once more; one that dies after the second has spent a pair that rotates, and the provider's
//! `invalid_grant` then means that its person must connect again; one that dies after the third
//! leaves a new pair, which whoever looks next puts on record.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Time,
    actor::Actor,
    connected_account::{
        Account, Command, ConnectedAccount, FailRefresh, FailureCode, Refresh, StartRefresh,
        Trigger,
    },
    id::{CommandId, ConnectedAccountId},
};
use fail::fail_point;
use store::{Context, ExecuteError, Expected, VaultError, random};
use tokio::time::sleep;

use super::{needs_reconnect, subject};
use crate::{
    app::{App, platforms::Tokens},
    error::Error,
};

/// How long nobody else asks the provider; more than a request and all tries to store take.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often a new pair is stored again where the log did not answer: the old one is spent.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// The right to spend a refresh token, and the token.
pub(super) struct Spending {
    id: ConnectedAccountId,
    account: Account,
    tokens: Tokens,
    version: u64,
    context: Context,
    at: Time,
}

impl Spending {
    pub(super) fn new(
        app: &App,
        id: ConnectedAccountId,
        account: &Account,
        tokens: Tokens,
        version: u64,
    ) -> Self {
        let context = context(app, account, "RefreshConnectedAccount");
        let at = context.occurred_at;
        Self { id, account: account.clone(), tokens, version, context, at }
    }

    /// Asks for the right.
    pub(super) fn start(&self) -> Command {
        let (until, at) = (self.at + LEASE, self.at);
        Command::StartRefresh(StartRefresh { until, vault_version: self.version, at })
    }

    pub(super) fn context(&self, step: &str) -> Context {
        self.context.step(step)
    }
}

impl App {
    /// Asks the provider, stores what it gives, and returns that; nothing interrupts it.
    pub(super) async fn spend(
        &self,
        spending: Spending,
        trigger: Trigger,
    ) -> Result<Tokens, Error> {
        let app = self.clone();
        self.uncancelled(async move {
            let platform = app.platforms.get(&spending.account.connection.platform);
            let asked = match &platform {
                Some(platform) => platform.refresh(&spending.tokens, spending.at).await,
                // Its configuration was taken away; it may come back.
                None => {
                    return app.failed(&spending, FailureCode::Refused).await;
                }
            };
            fail_point!("refresh.answered");
            match asked {
                Ok(tokens) => app.store(&spending, tokens, trigger).await,
                Err(failure) => app.failed(&spending, failure.code).await,
            }
        })
        .await
    }

    async fn store(
        &self,
        spending: &Spending,
        tokens: Tokens,
        trigger: Trigger,
    ) -> Result<Tokens, Error> {
        let bytes = tokens.encode().map_err(|error| Error::Internal(error.into()))?;
        let name = spending.account.connection.vault_ref;
        let (subject, expected) = (subject(&spending.account), Expected::Version(spending.version));
        let context = spending.context("vault");
        let mut attempt = 0;
        let version = loop {
            let put = self.vault.put_secret(name, subject, bytes.expose(), expected, &context);
            match put.await {
                Ok(version) => break version,
                Err(VaultError::Unavailable(_) | VaultError::Read(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                    sleep(PAUSE * attempt).await;
                }
                // Disconnected or erased meanwhile: there is nothing to hand out any more.
                Err(VaultError::Destroyed | VaultError::KeyGone) => return Err(Error::NotFound),
                Err(error) => return Err(error.into()),
            }
        };
        fail_point!("refresh.stored");
        metrics::counter!("keyledger_provider_refreshes_total", "outcome" => "refreshed")
            .increment(1);
        self.record(spending.id, &spending.account, &tokens, version, trigger).await?;
        Ok(tokens)
    }

    /// Puts on record that a new pair lies in the vault.
    pub(super) async fn record(
        &self,
        id: ConnectedAccountId,
        account: &Account,
        tokens: &Tokens,
        vault_version: u64,
        trigger: Trigger,
    ) -> Result<(), Error> {
        let (access_expires_at, scopes) = (tokens.expires_at, tokens.scopes.clone());
        let refresh = Refresh { vault_version, access_expires_at, scopes, trigger };
        let context = context(self, account, "RefreshConnectedAccount");
        let command = Command::Refresh(refresh);
        match self.log.execute::<ConnectedAccount>(id, &command, &context).await {
            Ok(_) => Ok(()),
            Err(ExecuteError::Rejected(_)) => Err(Error::NotFound),
            // It is stored; whoever looks next puts it on record.
            Err(error) => {
                Error::from(error).log();
                Ok(())
            }
        }
    }

    /// Puts on record that the provider gave nothing, and says what that means to a reader.
    async fn failed(&self, spending: &Spending, code: FailureCode) -> Result<Tokens, Error> {
        metrics::counter!("keyledger_provider_refreshes_total", "outcome" => code.as_str())
            .increment(1);
        let (vault_version, at) = (spending.version, self.clock.now());
        let over = matches!(code, FailureCode::InvalidGrant | FailureCode::NoRefreshToken);
        let command = if over {
            Command::EndGrant { code, vault_version }
        } else {
            Command::FailRefresh(FailRefresh { code, vault_version, at })
        };
        let context = spending.context("failed");
        let done = self.log.execute::<ConnectedAccount>(spending.id, &command, &context).await?;
        let account = done.state.account().ok_or(Error::NotFound)?;
        if over {
            return Err(needs_reconnect());
        }
        let tokens = &spending.tokens;
        if tokens.expires_at.is_some_and(|end| at + super::tokens::SKEW < end) {
            // It still lasts a while; the provider is asked again before it ends.
            return Ok(tokens.clone());
        }
        let next_at = account.failure.map_or(at, |failure| failure.next_at);
        Err(Error::ProviderUnavailable { retry_after: self.clock.until(next_at) })
    }
}

/// The context of what the service does by itself, in the name of nobody.
pub(super) fn context(app: &App, account: &Account, command: &'static str) -> Context {
    let id = random::uuid();
    Context {
        command_id: CommandId::from_uuid(id),
        command,
        correlation_id: id,
        causation_id: None,
        actor: Actor::system("accounts"),
        on_behalf_of: Some(Actor::user(account.connection.connected_by)),
        workspace_id: Some(account.connection.workspace_id),
        occurred_at: app.clock.now(),
        client: None,
        auth: None,
    }
}
