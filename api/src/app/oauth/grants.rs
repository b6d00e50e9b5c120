//! Grants: a person is asked, decides, and may take it back.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    auth_code,
    id::{OauthClientId, UserId},
    oauth_client::{Client, Kind, OauthClient},
    oauth_grant::{Cause, Command, GrantId, OauthGrant, Via},
    redirect_uri::RedirectUri,
    scope::OauthScopes,
};
use store::Position;

use super::{codes, interaction::Interaction, reply::Reply, standing::Source};
use crate::{
    app::{App, Request, logins::LiveLogin},
    error::Error,
};

/// What comes next of an authorization request.
#[derive(Clone, Debug)]
pub enum Next {
    /// The person has to say who they are, perhaps once more.
    LogIn,
    /// The person has to be asked.
    Consent(Box<Question>),
    /// The browser goes back to the application.
    Back(Reply),
}

/// What a person is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub client: Client,
    pub username: String,
    pub scopes: OauthScopes,
    pub redirect_uri: String,
    /// What their decision must bring along.
    pub token: String,
}

impl App {
    /// Tells what comes next, for whoever is signed in.
    pub async fn next(
        &self,
        request: &Request,
        interaction: &Interaction,
        handle: &str,
        login: Option<&LiveLogin>,
    ) -> Result<Next, Error> {
        let prompt = interaction.prompt;
        let Some(login) = login.filter(|login| self.is_recent(interaction, login)) else {
            return Ok(if prompt.none {
                Next::Back(self.refused(interaction, "login_required", "nobody is signed in"))
            } else {
                Next::LogIn
            });
        };
        let Some(client) = self.asking(interaction.client).await? else {
            let text = "the application is suspended";
            return Ok(Next::Back(self.refused(interaction, "unauthorized_client", text)));
        };
        let user = login.started.user;
        let id = GrantId { user, client: interaction.client };
        let grant = self.folds.get::<OauthGrant>(id).await?;
        // An address that somebody else could answer at is never answered unasked (RFC 8252 8.6).
        let known = RedirectUri::parse(&interaction.redirect_uri);
        let own =
            client.registration.kind == Kind::Private && known.is_ok_and(|uri| uri.is_https());
        if own && !prompt.consent && grant.state.covers(&interaction.scopes) {
            return self.answer(request, interaction, login).await.map(Next::Back);
        }
        if prompt.none {
            let text = "the person has to be asked";
            return Ok(Next::Back(self.refused(interaction, "consent_required", text)));
        }
        Ok(Next::Consent(Box::new(Question {
            client,
            username: self.called(user, &login.person).await?,
            scopes: interaction.scopes.clone(),
            redirect_uri: interaction.redirect_uri.clone(),
            token: self.decision_token(login.id, handle),
        })))
    }

    /// Records a decision; returns what the application is told.
    pub async fn decide(
        &self,
        request: &Request,
        interaction: &Interaction,
        login: &LiveLogin,
        allowed: bool,
    ) -> Result<Reply, Error> {
        if !allowed {
            return Ok(self.refused(interaction, "access_denied", "the person declined"));
        }
        if self.asking(interaction.client).await?.is_none() {
            let text = "the application is suspended";
            return Ok(self.refused(interaction, "unauthorized_client", text));
        }
        self.answer(request, interaction, login).await
    }

    /// Gives the application a code, on a consent that is there or is given now.
    async fn answer(
        &self,
        request: &Request,
        interaction: &Interaction,
        login: &LiveLogin,
    ) -> Result<Reply, Error> {
        let (app, request) = (self.clone(), request.clone());
        let (interaction, login) = (interaction.clone(), login.clone());
        self.uncancelled(async move {
            let user = login.started.user;
            let proof = store::Auth { method: "login".into(), credential_id: login.id.public() };
            let actor = domain::actor::Actor::user(user);
            let undertaking = app
                .undertake_as(&request, "Authorize", actor, "", Some(user.into()))
                .afresh()
                .with_auth(proof);
            if login.person.is_locked(undertaking.at()) {
                let text = "try again later";
                return Ok(app.refused(&interaction, "temporarily_unavailable", text));
            }
            let id = GrantId { user, client: interaction.client };
            let consent =
                Command::Consent { scopes: interaction.scopes.clone(), via: Via::ConsentPage };
            let context = undertaking.step("consent").on::<OauthGrant>(id).await?;
            let granted = app.log.execute::<OauthGrant>(id, &consent, &context).await?;
            app.folds.forget::<OauthGrant>(id);
            let code = codes::new_code();
            let issued = auth_code::Issued {
                client: interaction.client,
                user,
                user_revision: login.person.revision,
                grant_revision: granted.state.revision(),
                redirect_uri: interaction.redirect_uri.clone(),
                redirect_uri_stated: interaction.redirect_uri_stated,
                challenge: interaction.challenge.clone(),
                scopes: interaction.scopes.clone(),
                nonce: app.seal_nonce(user, &code, interaction.nonce.clone()).await?,
                auth_time: login.started.auth_time,
                expires_at: undertaking.at() + codes::LIFE,
            };
            app.issue_code(&undertaking, &code, issued).await?;
            let state = interaction.state.as_deref();
            let said = vec![("code", code.expose().clone())];
            let Interaction { redirect_uri, response_mode, .. } = &interaction;
            Ok(app.reply(redirect_uri, *response_mode, state, said))
        })
        .await
    }

    /// Takes back what a person let an application do: all that came of it is dead at once.
    pub async fn revoke_grant(
        &self,
        request: &Request,
        user: UserId,
        client: OauthClientId,
    ) -> Result<(bool, Option<Position>), Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let undertaking = app.undertake(&request, "RevokeGrant", None)?;
            let id = GrantId { user, client };
            let by = undertaking.bare().actor.clone();
            let context = undertaking.on::<OauthGrant>(id).await?;
            let revoke = Command::Revoke { by, cause: Cause::User };
            let revoked = app.log.execute::<OauthGrant>(id, &revoke, &context).await?;
            app.folds.forget::<OauthGrant>(id);
            Ok((!revoked.events.is_empty(), revoked.position))
        })
        .await
    }

    /// Whether the person proved who they are recently enough for this request.
    fn is_recent(&self, interaction: &Interaction, login: &LiveLogin) -> bool {
        let proved = login.started.auth_time;
        // Since they were asked: whatever the application wished is granted by that.
        if interaction.asked_at <= proved {
            return true;
        }
        if interaction.prompt.login || interaction.prompt.select_account {
            return false;
        }
        let age = (self.clock.now() - proved).max(TimeDelta::zero());
        let most = interaction.max_age.map(|seconds| Duration::from_secs(seconds.into()));
        most.is_none_or(|most| age.to_std().unwrap_or_default() <= most)
    }

    /// What an application is called, where it is known.
    pub async fn application_name(&self, id: OauthClientId) -> Result<Option<String>, Error> {
        let loaded = self.folds.get::<OauthClient>(id).await?;
        Ok(loaded.state.client().map(|client| client.registration.name.to_string()))
    }

    /// The application, if it may ask anybody anything.
    async fn asking(&self, id: OauthClientId) -> Result<Option<Client>, Error> {
        for source in [Source::Memory, Source::Log] {
            let loaded = self.look_up::<OauthClient>(id, source).await?;
            if let Some(client) = loaded.state.client().filter(|client| client.is_active()) {
                return Ok(Some(client.clone()));
            }
        }
        Ok(None)
    }

    fn refused(&self, interaction: &Interaction, code: &str, description: &str) -> Reply {
        let Interaction { redirect_uri, response_mode, state, .. } = interaction;
        self.refusal(redirect_uri, *response_mode, state.as_deref(), code, description)
    }
}
