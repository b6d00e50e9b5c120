//! Provider tokens: handed out while they last, renewed where they do not.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{
    Secret, Time,
    connected_account::{
        Account, Command, ConnectedAccount, FailureCode, Rejection, Status, Trigger,
    },
    id::ConnectedAccountId,
    platform::PlatformScopes,
    scope::ServiceScope,
};
use store::ExecuteError;
use tokio::time::{Instant, timeout};

use super::{needs_reconnect, refresh::Spending};
use crate::{
    app::{App, Request, Who, platforms::Tokens, request::stream_of},
    error::Error,
    live::{Bell, Key},
};

/// A token with less left than this is renewed before it is handed out.
pub(super) const SKEW: TimeDelta = TimeDelta::seconds(60);
/// How long somebody waits for a renewal that another is at.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long they wait between two looks, should nothing be heard of it.
const LOOK: Duration = Duration::from_secs(1);

/// A provider's access token, for a service that acts in somebody's name.
#[derive(Clone, Debug)]
pub struct ProviderToken {
    pub access_token: Secret<String>,
    /// None where it does not expire.
    pub expires_in: Option<Duration>,
    pub scopes: PlatformScopes,
}

/// What one look at an account found.
#[expect(clippy::large_enum_variant, reason = "looked at once, never kept")]
pub(super) enum Look {
    Fresh(Tokens),
    /// The provider must be asked, and it is ours to do.
    Mine(Spending),
    /// Somebody else is asking it.
    Elsewhere,
    /// The provider failed a moment ago.
    TooSoon {
        next_at: Time,
    },
}

impl App {
    /// Returns an access token that lasts for `min_validity` at least, for a service with
    /// `accounts:token`.
    ///
    /// # Errors
    ///
    /// `NEEDS_RECONNECT`, [`Error::ProviderUnavailable`].
    pub async fn provider_token(
        &self,
        request: &Request,
        id: ConnectedAccountId,
        min_validity: Duration,
    ) -> Result<ProviderToken, Error> {
        let caller = request.caller()?;
        caller.require_service(ServiceScope::AccountsToken)?;
        let loaded = self.log.load::<ConnectedAccount>(id).await?;
        let account = loaded.state.account().ok_or(Error::NotFound)?;
        match &caller.who {
            // A service of one workspace learns nothing of another's accounts.
            Who::Service { workspace: Some(bound), .. }
                if *bound != account.connection.workspace_id =>
            {
                return Err(Error::NotFound);
            }
            _ => {}
        }
        let needed = TimeDelta::from_std(min_validity).unwrap_or(TimeDelta::MAX);
        let tokens = self.fresh_tokens(id, needed, Trigger::Demand).await?;
        let left = tokens.expires_at.map(|end| self.clock.until(end));
        Ok(ProviderToken { access_token: tokens.access, expires_in: left, scopes: tokens.scopes })
    }

    /// Renews the tokens of an account if they are due.
    pub async fn refresh_ahead(&self, id: ConnectedAccountId) -> Result<(), Error> {
        let loaded = self.log.load::<ConnectedAccount>(id).await?;
        let Some(account) = loaded.state.account() else { return Ok(()) };
        let issued = account.refreshed_at.unwrap_or(account.connected_at);
        let end = account.access_expires_at;
        let due = end.map(|end| projections::connected_accounts::refresh_due(end, issued));
        let (Some(end), Some(due)) = (end, due) else { return Ok(()) };
        if account.status != Status::Connected || self.clock.now() < due {
            return Ok(());
        }
        self.fresh_tokens(id, end - due, Trigger::Ahead).await.map(drop)
    }

    async fn fresh_tokens(
        &self,
        id: ConnectedAccountId,
        needed: TimeDelta,
        trigger: Trigger,
    ) -> Result<Tokens, Error> {
        let bell = Arc::new(Bell::default());
        let _hung = self.live.ring(&bell, Key::Stream(stream_of::<ConnectedAccount>(id)));
        let end = Instant::now() + PATIENCE;
        loop {
            bell.silence();
            match self.look(id, needed, trigger).await? {
                Look::Fresh(tokens) => return Ok(tokens),
                Look::Mine(spending) => return self.spend(spending, trigger).await,
                Look::TooSoon { next_at } => {
                    return Err(Error::ProviderUnavailable {
                        retry_after: self.clock.until(next_at),
                    });
                }
                Look::Elsewhere if Instant::now() >= end => {
                    return Err(Error::ProviderUnavailable { retry_after: LOOK });
                }
                Look::Elsewhere => {
                    // Rung or not, the next look tells.
                    let _ = timeout(LOOK, bell.rung()).await;
                }
            }
        }
    }

    async fn look(
        &self,
        id: ConnectedAccountId,
        needed: TimeDelta,
        trigger: Trigger,
    ) -> Result<Look, Error> {
        let loaded = self.log.load::<ConnectedAccount>(id).await?;
        let account = loaded.state.account().ok_or(Error::NotFound)?;
        match account.status {
            Status::Connected => {}
            Status::NeedsReconnect { .. } => return Err(needs_reconnect()),
            Status::Disconnected { .. } => return Err(Error::NotFound),
        }
        let now = self.clock.now();
        let Some(stored) = self.vault.get_secret(account.connection.vault_ref).await? else {
            return self.lose(id, account, FailureCode::SecretLost).await;
        };
        let tokens =
            Tokens::decode(&stored.secret).map_err(|error| Error::Internal(error.into()))?;
        if stored.version > account.vault_version && !account.is_refreshing(now) {
            // Whoever stored it died before it was on record; it is not spent again.
            self.record(id, account, &tokens, stored.version, Trigger::Recovery).await?;
        }
        if tokens.last_for(now, needed, trigger) {
            return Ok(Look::Fresh(tokens));
        }
        if tokens.refresh.is_none() {
            return match tokens.expires_at {
                Some(end) if end <= now => {
                    self.lose(id, account, FailureCode::NoRefreshToken).await
                }
                _ => Ok(Look::Fresh(tokens)),
            };
        }
        if account.is_refreshing(now) {
            return Ok(Look::Elsewhere);
        }
        self.try_to_spend(id, account, tokens, stored.version).await
    }

    /// Takes the right to ask the provider, if nobody has it.
    async fn try_to_spend(
        &self,
        id: ConnectedAccountId,
        account: &Account,
        tokens: Tokens,
        version: u64,
    ) -> Result<Look, Error> {
        let spending = Spending::new(self, id, account, tokens, version);
        let (command, context) = (spending.start(), spending.context("start"));
        match self.log.execute::<ConnectedAccount>(id, &command, &context).await {
            Ok(_) => Ok(Look::Mine(spending)),
            // Somebody was faster, or all are at it and one of them has it.
            Err(
                ExecuteError::Rejected(Rejection::RefreshUnderWay | Rejection::AlreadyRefreshed)
                | ExecuteError::Contended,
            ) => Ok(Look::Elsewhere),
            Err(ExecuteError::Rejected(Rejection::TooSoon)) => {
                let next_at = account.failure.map(|failure| failure.next_at);
                Ok(Look::TooSoon { next_at: next_at.unwrap_or(self.clock.now()) })
            }
            Err(ExecuteError::Rejected(Rejection::NeedsReconnect)) => Err(needs_reconnect()),
            Err(ExecuteError::Rejected(_)) => Err(Error::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts on record that only its person can bring the account back.
    async fn lose(
        &self,
        id: ConnectedAccountId,
        account: &Account,
        code: FailureCode,
    ) -> Result<Look, Error> {
        let command = Command::EndGrant { code, vault_version: account.vault_version };
        let context = super::refresh::context(self, account, "EndGrant");
        self.log.execute::<ConnectedAccount>(id, &command, &context).await?;
        Err(needs_reconnect())
    }
}

impl Tokens {
    /// Tells whether they last as long as somebody needs.
    ///
    /// On demand never for less than [`SKEW`], and never for more than half of a life that is
    /// shorter than that: a provider whose tokens live for seconds is not asked at every look.
    fn last_for(&self, now: Time, needed: TimeDelta, trigger: Trigger) -> bool {
        let Some(end) = self.expires_at else { return true };
        if trigger == Trigger::Ahead {
            return end - now > needed;
        }
        let (wanted, life) = (needed.max(SKEW), end - self.obtained_at);
        end - now > if life <= wanted { life / 2 } else { wanted }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(second: i64) -> Time {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn last(life: Option<i64>, now: i64, needed: i64) -> bool {
        let tokens = Tokens {
            access: Secret::new("access".into()),
            refresh: None,
            expires_at: life.map(at),
            obtained_at: at(0),
            scopes: PlatformScopes::default(),
        };
        tokens.last_for(at(now), TimeDelta::seconds(needed), Trigger::Demand)
    }

    #[test]
    fn a_token_is_handed_out_while_it_lasts_a_minute_or_what_is_asked() {
        assert!(last(Some(3600), 3539, 0) && !last(Some(3600), 3540, 0));
        assert!(last(Some(3600), 2999, 600) && !last(Some(3600), 3000, 600));
        assert!(last(None, 1_000_000, 600));
    }

    #[test]
    fn a_token_of_a_short_life_is_used_for_half_of_it() {
        assert!(last(Some(30), 14, 0) && !last(Some(30), 15, 0));
        assert!(last(Some(60), 29, 0) && !last(Some(60), 30, 0));
        assert!(last(Some(3600), 1799, 7200) && !last(Some(3600), 1800, 7200));
    }
}
