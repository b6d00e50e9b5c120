//! Revoke: a client gives back what it holds (RFC 7009).
//!
//! Unknown, foreign and dead tokens are answered as those that die now: nothing can be learnt.

use domain::{
    Secret, Time,
    actor::Actor,
    agent_token::AgentToken,
    id::{FamilyId, TokenId},
    opaque_token,
    token_family::{Command, Presented, RevocationCause, Revoke, RevokeAccessToken, TokenFamily},
};
use store::Position;

use super::client_auth::KnownClient;
use crate::{
    app::{App, Request},
    error::Error,
};

impl App {
    /// Revokes a token: a refresh token with its family, an access token alone.
    ///
    /// Without a client only what belongs to none: the tokens of `/authenticate`.
    pub async fn revoke_oauth_token(
        &self,
        request: &Request,
        client: Option<&KnownClient>,
        token: Secret<String>,
    ) -> Result<Option<Position>, Error> {
        let (app, request, client) = (self.clone(), request.clone(), client.cloned());
        self.uncancelled(async move {
            let client = client.as_ref();
            match opaque_token::read(token.expose()) {
                Some(presented) if presented.kind == opaque_token::Kind::Refresh => {
                    app.revoke_family_of(&request, client, &presented).await
                }
                Some(_) => Ok(None),
                None => app.revoke_access_token(&request, client, &token).await,
            }
        })
        .await
    }

    /// Revokes an agent token, for whoever manages those of its workspace; for anybody else it is as
    /// if there were none.
    pub async fn revoke_presented_token(
        &self,
        request: &Request,
        token: &Secret<String>,
    ) -> Result<Option<Position>, Error> {
        let presented = opaque_token::read(token.expose());
        let agent = presented.filter(|it| it.kind == opaque_token::Kind::Agent);
        let Some(presented) = agent else { return Ok(None) };
        let id = TokenId::from_uuid(presented.id);
        let loaded = self.log.load::<AgentToken>(id).await?;
        let issued = loaded.state.issued();
        if issued.is_none_or(|issued| issued.secret_sha256 != presented.hash) {
            return Ok(None);
        }
        match self.revoke_token(request, id, None).await {
            Ok(revoked) => Ok(revoked.position),
            Err(Error::NotFound | Error::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn revoke_family_of(
        &self,
        request: &Request,
        client: Option<&KnownClient>,
        presented: &opaque_token::Presented,
    ) -> Result<Option<Position>, Error> {
        let id = FamilyId::from_uuid(presented.id);
        let loaded = self.log.load::<TokenFamily>(id).await?;
        let Some(family) = loaded.state.family() else { return Ok(None) };
        let owner = family.oauth.as_ref().map(|binding| binding.client);
        let known = family.check(&presented.hash) != Presented::Unknown;
        if owner != client.map(|client| client.id) || !known {
            return Ok(None);
        }
        let cause = if client.is_some() { RevocationCause::Client } else { RevocationCause::User };
        self.end(request, client, id, family.user, Command::Revoke(Revoke { cause })).await
    }

    async fn revoke_access_token(
        &self,
        request: &Request,
        client: Option<&KnownClient>,
        token: &Secret<String>,
    ) -> Result<Option<Position>, Error> {
        let Ok(named) = self.named_by(token.expose()) else { return Ok(None) };
        if named.client != client.map(|client| client.id) {
            return Ok(None);
        }
        let (id, exp) = (named.family, named.until().unwrap_or(Time::UNIX_EPOCH));
        let loaded = self.log.load::<TokenFamily>(id).await?;
        let Some(family) = loaded.state.family() else {
            // The token of an application for itself: its family ends before it starts.
            let Some(client) = client.filter(|_| named.is_for_itself()) else { return Ok(None) };
            let revoke = Command::Revoke(Revoke { cause: RevocationCause::Client });
            return self.end_own(request, client, id, &revoke).await;
        };
        let revoke = Command::RevokeAccessToken(RevokeAccessToken { jti: named.jti(), exp });
        self.end(request, client, id, family.user, revoke).await
    }

    async fn end(
        &self,
        request: &Request,
        client: Option<&KnownClient>,
        id: FamilyId,
        user: domain::id::UserId,
        command: Command,
    ) -> Result<Option<Position>, Error> {
        let actor = client.map_or_else(|| Actor::user(user), KnownClient::actor);
        let mut undertaking = self
            .undertake_as(request, "RevokeOauthToken", actor, "", Some(user.into()))
            .afresh()
            .for_user(user);
        if let Some(client) = client {
            undertaking = undertaking.with_auth(client.auth());
        }
        let context = undertaking.on::<TokenFamily>(id).await?;
        let ended = self.log.execute::<TokenFamily>(id, &command, &context).await?;
        self.folds.forget::<TokenFamily>(id);
        Ok(ended.position)
    }

    async fn end_own(
        &self,
        request: &Request,
        client: &KnownClient,
        id: FamilyId,
        command: &Command,
    ) -> Result<Option<Position>, Error> {
        let undertaking = self
            .undertake_as(request, "RevokeOauthToken", client.actor(), "", None)
            .afresh()
            .with_auth(client.auth());
        let context = undertaking.on::<TokenFamily>(id).await?;
        let ended = self.log.execute::<TokenFamily>(id, command, &context).await?;
        self.folds.forget::<TokenFamily>(id);
        Ok(ended.position)
    }
}
