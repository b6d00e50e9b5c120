//! Introspect: whether a token counts now, for who may know (RFC 7662).
//!
//! A client learns of its own tokens, a service credential with `tokens:verify` of all. Whatever
//! is dead, foreign or unknown is `inactive`, and nothing else.

use domain::{
    Secret, Time,
    id::{FamilyId, OauthClientId},
    oauth_client::OauthClient,
    opaque_token,
    scope::OauthScopes,
    token_family::{Liveness, Presented, TokenFamily},
};
use uuid::Uuid;

use super::standing::{Rests, Source};
use crate::{
    app::{App, bearer::vouched},
    error::Error,
};

/// What is said of a token that counts.
#[derive(Clone, Debug)]
pub struct Active {
    pub client_id: String,
    pub scopes: OauthScopes,
    /// Whether it is an access token; a refresh token otherwise.
    pub is_access: bool,
    /// The person's number, or the application's own name.
    pub subject: String,
    pub expires_at: Time,
    pub jti: Option<Uuid>,
    pub family: FamilyId,
}

/// Whose tokens the one who asks may know of.
#[derive(Clone, Copy, Debug)]
pub enum Knows {
    All,
    Own(OauthClientId),
}

impl App {
    /// Returns what a token is good for now; `None` if for nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Stale`] if that can not be told.
    pub async fn introspect(
        &self,
        knows: Knows,
        token: &Secret<String>,
    ) -> Result<Option<Active>, Error> {
        let found = match opaque_token::read(token.expose()) {
            Some(presented) if presented.kind == opaque_token::Kind::Refresh => {
                self.introspect_refresh(&presented).await?
            }
            Some(_) => None,
            None => self.introspect_access(token.expose()).await?,
        };
        Ok(found.and_then(|(client, active)| match knows {
            Knows::All => Some(active),
            Knows::Own(own) => (own == client).then_some(active),
        }))
    }

    async fn introspect_access(
        &self,
        text: &str,
    ) -> Result<Option<(OauthClientId, Active)>, Error> {
        let Ok(named) = self.named_by(text) else { return Ok(None) };
        let Some(client) = named.client else { return Ok(None) };
        if self.application_access(&named).await.map_err(vouched)?.is_none() {
            return Ok(None);
        }
        let Some(expires_at) = named.until() else { return Ok(None) };
        let active = Active {
            client_id: named.client_id().to_owned(),
            scopes: named.scopes(),
            is_access: true,
            subject: named.subject().to_owned(),
            expires_at,
            jti: Some(named.jti()),
            family: named.family,
        };
        Ok(Some((client, active)))
    }

    async fn introspect_refresh(
        &self,
        presented: &opaque_token::Presented,
    ) -> Result<Option<(OauthClientId, Active)>, Error> {
        let id = FamilyId::from_uuid(presented.id);
        let loaded = self.folds.get::<TokenFamily>(id).await.map_err(vouched)?;
        let Some(family) = loaded.state.family() else { return Ok(None) };
        let (Some(rests), Some(binding)) = (Rests::of(family), &family.oauth) else {
            return Ok(None);
        };
        let live = family.liveness(self.clock.now()) == Liveness::Live
            && family.check(&presented.hash) == Presented::Current;
        if !live {
            return Ok(None);
        }
        let person = self.stands(rests, Source::Memory).await.map_err(vouched)?;
        let Some(person) = person else { return Ok(None) };
        let client = self.folds.get::<OauthClient>(rests.client).await.map_err(vouched)?;
        let Some(client) = client.state.client() else { return Ok(None) };
        let active = Active {
            client_id: client.registration.client_id.to_string(),
            scopes: binding.scopes.clone(),
            is_access: false,
            subject: person.number.to_string(),
            expires_at: family.expires_at(),
            jti: None,
            family: id,
        };
        Ok(Some((rests.client, active)))
    }
}
