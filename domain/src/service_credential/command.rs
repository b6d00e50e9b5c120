//! What one can ask of a service credential.

use super::{Created, Event, Issued, Rejection};
use crate::{Time, actor::Actor};

#[derive(Clone, Debug)]
pub enum Command {
    Create(Create),
    Revoke(Revoke),
}

#[derive(Clone, Debug)]
pub struct Create {
    pub credential: Created,
    pub at: Time,
}

#[derive(Clone, Debug)]
pub struct Revoke {
    pub by: Actor,
}

impl Create {
    pub(super) fn decide(&self) -> Result<Vec<Event>, Rejection> {
        if self.credential.scopes.is_empty() {
            return Err(Rejection::NoScopes);
        }
        if self.credential.expires_at.is_some_and(|expiry| expiry <= self.at) {
            return Err(Rejection::ExpiresInPast);
        }
        Ok(vec![Event::Created(Box::new(self.credential.clone()))])
    }
}

impl Revoke {
    pub(super) fn decide(&self, credential: &Issued) -> Vec<Event> {
        if credential.revoked.is_some() {
            return vec![];
        }
        vec![Event::Revoked { by: self.by.clone() }]
    }
}
