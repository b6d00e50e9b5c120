//! Exchange: a code for an agent token, once.
//!
//! Order: a slot of the workspace, so that a full one refuses before the code is spent; the code,
//! whose stream has one winner; the token; the word that it exists. Nobody is told the secret
//! before that word is in the log, so whatever a crash leaves behind nobody holds, and the reactor
//! `pairings` gives it up.

use domain::{
    Aggregate, Secret, Time,
    actor::Actor,
    agent_token::{self, AgentToken, Create, Created, Origin},
    cidr::Cidrs,
    id::TokenId,
    opaque_token::{self, Kind},
    pairing::{self, Command, Exchange, Exchanged, Pairing, PairingId},
    pairing_code::{Alphabet, Code, PairingCode},
    plan::Plan,
    role::Permission,
    scope::Scopes,
    secret::SecretHash,
    text::{DeviceName, TokenName},
    user::User,
    workspace::Workspace,
    workspace_quota::FreedCause,
};
use fail::fail_point;
use store::{Auth, ExecuteError, random};

use super::super::{
    Access, App, Changed, Request,
    request::{Undertaking, stream_of},
};
use crate::error::Error;

/// What a device presents.
#[derive(Clone, Debug)]
pub struct ExchangeCode {
    pub code: Code,
    pub device_name: Option<DeviceName>,
}

/// The token that a device is given, and its secret, told once.
#[derive(Clone, Debug)]
pub struct ExchangedCode {
    pub token: Changed<AgentToken>,
    pub name: TokenName,
    pub secret: Secret<String>,
}

/// A code that somebody knows, and what it stands for.
struct Found {
    id: PairingId,
    code: pairing::Code,
}

impl App {
    /// Exchanges a pairing code for an agent token. The code is the credential; nobody need be
    /// signed in.
    ///
    /// # Errors
    ///
    /// `PAIRING_CODE_INVALID`, `PAIRING_CODE_EXPIRED`, `PAIRING_CODE_USED`, which all cost the
    /// network one of its few tries; [`Error::RateLimited`] when they are spent;
    /// [`Error::PlanRequired`], `creator_not_allowed` and `TOKEN_LIMIT_REACHED`, which leave the
    /// code as it is.
    pub async fn exchange_code(
        &self,
        request: &Request,
        exchange: ExchangeCode,
    ) -> Result<ExchangedCode, Error> {
        // Taken before the guess is judged, so that many at once try no more than as many in turn.
        let ip = request.client.ip;
        self.throttle.pairings.admit(ip, self.clock.now())?;
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let outcome = app.guess_code(&request, &exchange).await;
            if !matches!(outcome, Err(ref error) if is_wrong_guess(error)) {
                app.throttle.pairings.give_back(ip);
            }
            outcome
        })
        .await
    }

    async fn guess_code(
        &self,
        request: &Request,
        exchange: &ExchangeCode,
    ) -> Result<ExchangedCode, Error> {
        let charge = self.charge_guess(exchange.code.alphabet()).await?;
        let outcome = self.exchange_in_turn(request, exchange).await;
        match &outcome {
            Err(error) if is_wrong_guess(error) => self.settle_guess().await?,
            _ => self.refund_guess(charge).await,
        }
        outcome
    }

    async fn exchange_in_turn(
        &self,
        request: &Request,
        exchange: &ExchangeCode,
    ) -> Result<ExchangedCode, Error> {
        let code = &exchange.code;
        let reservation = self.log.load::<PairingCode>(self.reservation_of(code)).await?.state;
        let PairingCode::Held { pairing_id, expires_at } = reservation else {
            return Err(refused("PAIRING_CODE_INVALID", "there is no such pairing code"));
        };
        let _turn = self.exchanges.of(pairing_id.by).await;
        let found = self.find_code(code, pairing_id, expires_at).await?;
        let outcome = self.exchange_found(request, exchange, found).await;
        if let Err(Error::Rejected { code: "TOKEN_LIMIT_REACHED", .. }) = outcome {
            // It may have been filled by the winner of a race for this very code.
            self.find_code(code, pairing_id, expires_at).await?;
        }
        outcome
    }

    /// Finds the pairing that a code stands for; refuses one that can not be exchanged any more.
    async fn find_code(
        &self,
        code: &Code,
        id: PairingId,
        expires_at: Time,
    ) -> Result<Found, Error> {
        let at = self.clock.now();
        let expired = || refused("PAIRING_CODE_EXPIRED", "this pairing code has expired");
        let pairing = self.log.load::<Pairing>(id.by).await?.state;
        let Some(found) = pairing.numbered(id.number) else {
            // Another took its place, or the log has forgotten it.
            return Err(expired());
        };
        if let Some(refusal) = found.refusal(at) {
            return Err(Error::rejected(&refusal));
        }
        if expires_at <= at || self.is_dead(code, found, at).await? {
            return Err(expired());
        }
        Ok(Found { id, code: found.clone() })
    }

    /// Tells whether a code of digits was made worthless on any day of its life.
    async fn is_dead(&self, code: &Code, found: &pairing::Code, at: Time) -> Result<bool, Error> {
        if code.alphabet() != Alphabet::Digits {
            return Ok(false);
        }
        let (born, today) = (found.generated_at.date_naive(), at.date_naive());
        Ok(self.has_tripped(today).await? || born != today && self.has_tripped(born).await?)
    }

    async fn exchange_found(
        &self,
        request: &Request,
        exchange: &ExchangeCode,
        found: Found,
    ) -> Result<ExchangedCode, Error> {
        let by = found.id.by;
        let access = self.creators_access(&found).await?;
        let undertaking = self.exchange_of(request, &found);
        let token_id = TokenId::derived(undertaking.command_id(), "agent_token");
        let secret = opaque_token::write(Kind::Agent, token_id.as_uuid(), &random::bytes());
        let name = self.paired_name(&found, exchange.device_name.as_ref()).await?;
        let policy = access.open().policy.clone();
        let at = undertaking.at();
        let expires_at = found.code.generated.token_expires_at;
        let expires_at = expires_at.or_else(|| policy.max_token_ttl().map(|most| at + most));
        let token = Created {
            name: self.seal_token_name(by.workspace, token_id, &name).await?,
            secret_sha256: SecretHash::of(secret.expose()),
            hint: opaque_token::hint(&secret),
            workspace_id: by.workspace,
            created_by: by.user,
            acts_as: by.user,
            scopes: Scopes::default(),
            allowed_cidrs: Cidrs::default(),
            expires_at,
            origin: Origin::Pairing(found.id.to_string()),
        };
        let create = agent_token::Command::Create(Create { token, policy, at });
        // Asked before anything is written, so that a refusal leaves no trace.
        AgentToken::default().decide(&create).map_err(|refusal| Error::rejected(&refusal))?;
        self.take_slot(&undertaking, &access, token_id, by.user, expires_at).await?;
        fail_point!("exchange.slot");
        self.spend_code(&undertaking, exchange, &found, token_id, &secret).await?;
        fail_point!("exchange.spent");
        let (token, _) = self.issue(&undertaking, by.workspace, token_id, &create).await?;
        fail_point!("exchange.created");
        let issue = Command::Issue { token_id };
        let context = undertaking.step("issued").on::<Pairing>(by).await?;
        match self.log.execute::<Pairing>(by, &issue, &context).await {
            Ok(_) => {}
            // It took so long that it was given up.
            Err(ExecuteError::Rejected(_)) => return Err(Error::Overloaded),
            Err(error) => return Err(error.into()),
        }
        fail_point!("exchange.issued");
        Ok(ExchangedCode { token, name, secret })
    }

    /// Spends the code: of any number at once, one succeeds, and the others' slots are given back.
    async fn spend_code(
        &self,
        undertaking: &Undertaking<'_>,
        exchange: &ExchangeCode,
        found: &Found,
        token_id: TokenId,
        secret: &Secret<String>,
    ) -> Result<(), Error> {
        let by = found.id.by;
        let secret_sha256 = SecretHash::of(secret.expose());
        let device_name = match &exchange.device_name {
            Some(name) => Some(self.seal_for_pairing(by, "device_name", name).await?),
            None => None,
        };
        let exchanged = Exchanged { token_id, secret_sha256, device_name };
        let number = found.id.number;
        let command = Command::Exchange(Exchange { number, exchanged, at: undertaking.at() });
        let context = undertaking.step("exchanged").on::<Pairing>(by).await?;
        let spent = self.log.execute::<Pairing>(by, &command, &context).await.map_err(Error::from);
        if let Err(lost @ Error::Rejected { .. }) = spent {
            let step = undertaking.step("slot back");
            self.free_slot(&step, by.workspace, token_id, FreedCause::Abandoned).await?;
            return Err(lost);
        }
        spent.map(drop)
    }

    /// What the code's creator may do now, read from the log itself: who lost the right since they
    /// generated the code hands nobody a token.
    async fn creators_access(&self, found: &Found) -> Result<Access, Error> {
        let by = found.id.by;
        self.folds.forget::<User>(by.user);
        self.folds.forget::<Workspace>(by.workspace);
        let loaded = self.folds.get::<User>(by.user).await?;
        let at = self.clock.now();
        let active = |person: &domain::user::Person| person.is_active() && !person.is_locked(at);
        if !loaded.state.person().is_some_and(active) {
            return Err(Error::creator_not_allowed());
        }
        let access = self.access_of(by.user, by.workspace).await;
        let access = access.map_err(|error| match error {
            Error::NotFound => Error::creator_not_allowed(),
            error => error,
        })?;
        if !access.permits(Permission::TokensManage) {
            return Err(Error::creator_not_allowed());
        }
        access.require_plan(Plan::LOWEST_WITH_TOKENS)?;
        Ok(access)
    }

    /// The exchange as a command of the code's creator, by whoever has the code.
    fn exchange_of<'a>(&'a self, request: &'a Request, found: &Found) -> Undertaking<'a> {
        let proof = Auth { method: "pairing_code".into(), credential_id: found.id.public() };
        let user = found.id.by.user;
        self.undertake_as(request, "ExchangeCode", Actor::user(user), "", Some(user.into()))
            .with_auth(proof)
            .within(found.id.by.workspace)
            .afresh()
    }

    /// What the token is called: as was asked, or after its device.
    async fn paired_name(
        &self,
        found: &Found,
        device: Option<&DeviceName>,
    ) -> Result<TokenName, Error> {
        let name = match &found.code.generated.token_name {
            Some(sealed) => {
                let stream = stream_of::<Pairing>(found.id.by);
                self.vault.open_sealed(&stream, "token_name", sealed).await?
            }
            None => None,
        };
        if let Some(name) = name {
            return Ok(name);
        }
        let name = device.map_or_else(|| "Desktop App".into(), |it| format!("Desktop App ({it})"));
        TokenName::parse(&name).map_err(|refusal| Error::rejected(&refusal))
    }
}

fn refused(code: &'static str, message: &str) -> Error {
    Error::Rejected { code, message: message.to_owned() }
}

/// Tells whether a refusal says something of codes to whoever guesses.
fn is_wrong_guess(error: &Error) -> bool {
    let Error::Rejected { code, .. } = error else { return false };
    matches!(*code, "PAIRING_CODE_INVALID" | "PAIRING_CODE_EXPIRED" | "PAIRING_CODE_USED")
}
