//! What one can ask of an application's registration.

use super::{Changes, Client, Event, Kind, Registration, Rejection};
use crate::{
    Sealed, Time, id::ClientSecretId, redirect_uri::RedirectUri, secret::SecretHash, text::Reason,
};

#[derive(Clone, Debug)]
pub enum Command {
    Register(Box<Register>),
    Update(Changes),
    RotateSecret(RotateSecret),
    Suspend { reason: Sealed<Reason> },
    Reinstate,
}

#[derive(Clone, Debug)]
pub struct Register {
    pub registration: Registration,
    /// Of a private application, and of no other.
    pub secret: Option<NewSecret>,
}

/// A secret whose text was just told to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    pub id: ClientSecretId,
    pub sha256: SecretHash,
    pub hint: String,
}

/// Adds a secret; of those before it the newest goes on until the overlap ends, all others end now.
#[derive(Clone, Debug)]
pub struct RotateSecret {
    pub secret: NewSecret,
    pub overlap_ends_at: Time,
    pub at: Time,
}

impl Register {
    pub(super) fn decide(&self) -> Result<Vec<Event>, Rejection> {
        let kind = self.registration.kind;
        judge(kind, &self.registration.redirect_uris)?;
        may_keep(kind, self.registration.rotate_refresh_tokens)?;
        let secret = match (kind, &self.secret) {
            (Kind::Public, None) => None,
            (Kind::Private, Some(secret)) => Some(secret.added()),
            (Kind::Public, Some(_)) => return Err(Rejection::NoSecrets),
            (Kind::Private, None) => return Err(Rejection::SecretRequired),
        };
        let registered = Event::Registered(Box::new(self.registration.clone()));
        Ok([registered].into_iter().chain(secret).collect())
    }
}

impl Command {
    /// Decides for an application that is registered.
    pub(super) fn decide(&self, client: &Client) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Register(_) => Err(Rejection::ClientIdTaken),
            Self::Update(changes) => update(client, changes),
            Self::RotateSecret(rotate) => rotate.decide(client),
            Self::Suspend { .. } if client.suspended.is_some() => Ok(vec![]),
            Self::Suspend { reason } => Ok(vec![Event::Suspended { reason: reason.clone() }]),
            Self::Reinstate if client.suspended.is_none() => Ok(vec![]),
            Self::Reinstate => Ok(vec![Event::Reinstated {}]),
        }
    }
}

impl RotateSecret {
    fn decide(&self, client: &Client) -> Result<Vec<Event>, Rejection> {
        if client.registration.kind == Kind::Public {
            return Err(Rejection::NoSecrets);
        }
        let mut ends = self.overlap_ends_at.max(self.at);
        let mut events = vec![];
        for secret in client.secrets.iter().rev().filter(|secret| secret.is_live(self.at)) {
            if secret.expires_at.is_none_or(|expiry| ends < expiry) {
                events.push(Event::SecretExpired { secret_id: secret.id, at: ends });
            }
            ends = self.at;
        }
        events.push(self.secret.added());
        Ok(events)
    }
}

impl NewSecret {
    fn added(&self) -> Event {
        let Self { id, sha256, hint } = self.clone();
        Event::SecretAdded { secret_id: id, secret_sha256: sha256, hint }
    }
}

fn update(client: &Client, changes: &Changes) -> Result<Vec<Event>, Rejection> {
    let now = &client.registration;
    if let Some(uris) = &changes.redirect_uris {
        judge(now.kind, uris)?;
    }
    may_keep(now.kind, changes.rotate_refresh_tokens.unwrap_or(true))?;
    let news = Changes {
        name: unlike(changes.name.as_ref(), &now.name),
        redirect_uris: unlike(changes.redirect_uris.as_ref(), &now.redirect_uris),
        scopes: unlike(changes.scopes.as_ref(), &now.scopes),
        access_ttl: unlike(changes.access_ttl.as_ref(), &now.access_ttl),
        require_pkce: unlike(changes.require_pkce.as_ref(), &now.require_pkce),
        rotate_refresh_tokens: unlike(
            changes.rotate_refresh_tokens.as_ref(),
            &now.rotate_refresh_tokens,
        ),
        claims_profile: unlike(changes.claims_profile.as_ref(), &now.claims_profile),
        homepage: changes.homepage.clone().filter(|to| Some(to) != now.homepage.as_ref()),
    };
    let is_none = news.is_empty();
    Ok(if is_none { vec![] } else { vec![Event::Updated { changed: Box::new(news) }] })
}

/// What is asked for, where it is not so already.
fn unlike<T: PartialEq + Clone>(asked: Option<&T>, now: &T) -> Option<T> {
    asked.filter(|asked| *asked != now).cloned()
}

fn judge(kind: Kind, uris: &[RedirectUri]) -> Result<(), Rejection> {
    let fewest = usize::from(kind == Kind::Public);
    if (fewest..=20).contains(&uris.len()) { Ok(()) } else { Err(Rejection::RedirectUris) }
}

/// A refresh token that nothing but itself protects is replaced at each use (RFC 9700 4.14.2).
fn may_keep(kind: Kind, rotate_refresh_tokens: bool) -> Result<(), Rejection> {
    if rotate_refresh_tokens || kind == Kind::Private { Ok(()) } else { Err(Rejection::MustRotate) }
}
