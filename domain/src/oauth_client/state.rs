//! What is known of an application.

use super::{Changes, Event, Kind, Registration};
use crate::{Sealed, Time, id::ClientSecretId, secret::SecretHash, text::Reason};

/// One application, from before it is registered.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OauthClient {
    #[default]
    Unregistered,
    Registered(Box<Client>),
}

impl OauthClient {
    /// The application, where there is one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::Registered(client) => Some(client),
            Self::Unregistered => None,
        }
    }
}

/// An application that was registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// As it is now, changes included.
    pub registration: Registration,
    pub registered_at: Time,
    /// Oldest first; those that expired long ago are forgotten.
    pub secrets: Vec<ClientSecret>,
    pub suspended: Option<Suspension>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClientSecret {
    pub id: ClientSecretId,
    pub sha256: SecretHash,
    pub hint: String,
    pub added_at: Time,
    pub expires_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Suspension {
    pub reason: Sealed<Reason>,
    pub at: Time,
}

impl ClientSecret {
    pub fn is_live(&self, at: Time) -> bool {
        self.expires_at.is_none_or(|expiry| at < expiry)
    }
}

impl Client {
    /// Tells whether it may do anything at all.
    pub fn is_active(&self) -> bool {
        self.suspended.is_none()
    }

    /// Returns the live secret that was presented, if it was one.
    pub fn secret(&self, presented: &SecretHash, at: Time) -> Option<&ClientSecret> {
        self.secrets.iter().find(|secret| secret.sha256 == *presented && secret.is_live(at))
    }

    /// Whether its codes need a challenge (RFC 9700 2.1.1).
    pub fn requires_pkce(&self) -> bool {
        self.registration.kind == Kind::Public || self.registration.require_pkce
    }

    /// Whether its refresh tokens are replaced whenever they are used (RFC 9700 4.14.2).
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.registration.kind == Kind::Public || self.registration.rotate_refresh_tokens
    }

    pub(super) fn new(registration: &Registration, at: Time) -> Self {
        let registration = registration.clone();
        Self { registration, registered_at: at, secrets: vec![], suspended: None }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Registered(_) => {}
            Event::Updated { changed } => self.change(changed),
            Event::SecretAdded { secret_id, secret_sha256, hint } => {
                self.secrets.retain(|secret| secret.is_live(at));
                self.secrets.push(ClientSecret {
                    id: *secret_id,
                    sha256: *secret_sha256,
                    hint: hint.clone(),
                    added_at: at,
                    expires_at: None,
                });
            }
            Event::SecretExpired { secret_id, at } => {
                let secret = self.secrets.iter_mut().find(|secret| secret.id == *secret_id);
                if let Some(secret) = secret {
                    secret.expires_at = Some(*at);
                }
            }
            Event::Suspended { reason } => {
                self.suspended = Some(Suspension { reason: reason.clone(), at });
            }
            Event::Reinstated {} => self.suspended = None,
        }
    }

    fn change(&mut self, changes: &Changes) {
        let now = &mut self.registration;
        set(&mut now.name, changes.name.as_ref());
        set(&mut now.redirect_uris, changes.redirect_uris.as_ref());
        set(&mut now.scopes, changes.scopes.as_ref());
        set(&mut now.access_ttl, changes.access_ttl.as_ref());
        set(&mut now.require_pkce, changes.require_pkce.as_ref());
        set(&mut now.rotate_refresh_tokens, changes.rotate_refresh_tokens.as_ref());
        set(&mut now.claims_profile, changes.claims_profile.as_ref());
        if changes.homepage.is_some() {
            now.homepage.clone_from(&changes.homepage);
        }
    }
}

fn set<T: Clone>(value: &mut T, to: Option<&T>) {
    if let Some(to) = to {
        value.clone_from(to);
    }
}
