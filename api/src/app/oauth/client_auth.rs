//! Client authentication: which application asks, and whether it is the one it says (RFC 6749 2.3).

use std::sync::Arc;

use domain::{
    Secret,
    actor::Actor,
    id::OauthClientId,
    oauth_client::{Client, ClientId, Kind, OauthClient},
    secret::SecretHash,
};
use store::{Auth, Loaded};

use super::standing::Source;
use crate::{app::App, error::Error};

/// What an application says of itself.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub client_id: String,
    pub secret: Option<Secret<String>>,
}

/// An application that is who it says.
#[derive(Clone, Debug)]
pub struct KnownClient {
    pub id: OauthClientId,
    loaded: Arc<Loaded<OauthClient>>,
}

impl KnownClient {
    /// What is registered of it.
    ///
    /// # Panics
    ///
    /// Never: only registered applications are known.
    pub fn client(&self) -> &Client {
        self.loaded.state.client().expect("only registered applications are known")
    }

    pub fn is_private(&self) -> bool {
        self.client().registration.kind == Kind::Private
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::oauth_client(self.id)
    }

    pub(super) fn auth(&self) -> Auth {
        let method = if self.is_private() { "client_secret" } else { "none" };
        Auth { method: method.into(), credential_id: self.id.public() }
    }
}

impl App {
    /// Finds the application that presents these credentials.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidClient`] for an unknown or suspended one, and for a wrong secret.
    pub async fn known_client(&self, credentials: &Credentials) -> Result<KnownClient, Error> {
        let client_id: ClientId =
            credentials.client_id.parse().map_err(|_| Error::InvalidClient)?;
        let id = client_id.stream();
        for source in [Source::Memory, Source::Log] {
            let loaded = self.look_up::<OauthClient>(id, source).await?;
            let Some(client) = loaded.state.client().filter(|client| client.is_active()) else {
                continue;
            };
            if self.proves(client, credentials.secret.as_ref()) {
                return Ok(KnownClient { id, loaded });
            }
        }
        Err(Error::InvalidClient)
    }

    fn proves(&self, client: &Client, secret: Option<&Secret<String>>) -> bool {
        match (client.registration.kind, secret) {
            // It can keep none, so it proves nothing; samples send one all the same.
            (Kind::Public, Some(_)) => {
                metrics::counter!("keyledger_oauth_ignored_secrets_total").increment(1);
                true
            }
            (Kind::Public, None) => true,
            (Kind::Private, None) => false,
            (Kind::Private, Some(secret)) => {
                let (presented, now) = (SecretHash::of(secret.expose()), self.clock.now());
                let Some(known) = client.secret(&presented, now) else { return false };
                self.usage.observe_secret(known.id, now);
                true
            }
        }
    }
}
