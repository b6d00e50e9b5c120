//! Every noun by the name of its streams, so that a state can be shown without knowing its type.
//!
//! A list here, as everywhere, so that a new noun is found missing by a test.

use domain::{
    StoredEvent, account_quota::AccountQuota, agent_token::AgentToken, audit_access::AuditAccess,
    auth_code::AuthCode, clerk_member::ClerkMember, clerk_org::ClerkOrg, clerk_user::ClerkUser,
    connect_attempt::ConnectAttempt, connected_account::ConnectedAccount, event::DecodeError,
    issuer::PinnedIssuer, keyring::Keyring, login::Login, number_sequence::NumberSequence,
    oauth_client::OauthClient, oauth_grant::OauthGrant, pairing::Pairing,
    pairing_code::PairingCode, pairing_guard::PairingGuard, platform_identity::PlatformIdentity,
    reactor_cursor::ReactorCursor, service_credential::ServiceCredential,
    session_token::SessionToken, subject::Subject, ticket::Ticket, token_family::TokenFamily,
    user::User, user_handle::UserHandle, workspace::Workspace, workspace_quota::WorkspaceQuota,
};
use futures::future::BoxFuture;
use serde_json::Value;
use store::{AsOf, Loaded, Log, Position, ReadError, Recorded};

use super::shown::Shown;

/// A folded state whose type is forgotten.
pub(super) struct State {
    /// The newest event folded; none for an empty stream.
    pub(super) revision: Option<u64>,
    pub(super) position: Option<Position>,
    inner: Box<dyn Fold>,
}

trait Fold: Send + Sync {
    fn evolve(&mut self, event: &Recorded) -> Result<(), DecodeError>;
    fn shown(&self) -> Value;
}

struct Folded<A>(A);

impl<A: Shown> Fold for Folded<A> {
    fn evolve(&mut self, event: &Recorded) -> Result<(), DecodeError> {
        let summary = A::Event::SUMMARY.filter(|summary| summary.event_type == event.event_type);
        if summary.is_some_and(|summary| summary.schema != event.metadata.schema) {
            // A summary of another release repeats what was said before it.
            return Ok(());
        }
        let fact = event.decode::<A::Event>()?;
        self.0 = std::mem::take(&mut self.0).evolve(&fact, event.metadata.occurred_at);
        Ok(())
    }

    fn shown(&self) -> Value {
        self.0.shown()
    }
}

impl State {
    /// Folds one more event in.
    pub(super) fn evolve(&mut self, event: &Recorded) -> Result<(), DecodeError> {
        self.inner.evolve(event)?;
        (self.revision, self.position) = (Some(event.revision), Some(event.position));
        Ok(())
    }

    /// The state as JSON, sealed fields as they are; null for an empty stream.
    pub(super) fn shown(&self) -> Value {
        if self.revision.is_some() { self.inner.shown() } else { Value::Null }
    }
}

/// Reads the state of a stream as it stood at `at`, or as it is; none if no noun has such streams.
pub(super) async fn state_of(
    log: &Log,
    stream: &str,
    at: Option<AsOf>,
) -> Result<Option<State>, ReadError> {
    let reading = stream.split_once('-').and_then(|(category, id)| {
        let noun = NOUNS.iter().find(|noun| noun.category == category)?;
        (noun.read)(log, id, at)
    });
    match reading {
        Some(reading) => reading.await.map(Some),
        None => Ok(None),
    }
}

/// The state of an empty stream; none if no noun has such streams.
pub(super) fn empty(stream: &str) -> Option<State> {
    let (category, _) = stream.split_once('-')?;
    let noun = NOUNS.iter().find(|noun| noun.category == category)?;
    Some(State { revision: None, position: None, inner: (noun.empty)() })
}

struct Noun {
    category: &'static str,
    empty: fn() -> Box<dyn Fold>,
    read: Read,
}

/// Reads a state; none if the text is no id of the noun's.
type Read =
    for<'a> fn(&'a Log, &'a str, Option<AsOf>) -> Option<BoxFuture<'a, Result<State, ReadError>>>;

const NOUNS: [Noun; 29] = [
    noun::<AgentToken>(),
    noun::<AuditAccess>(),
    noun::<AuthCode>(),
    noun::<AccountQuota>(),
    noun::<ClerkMember>(),
    noun::<ClerkOrg>(),
    noun::<ClerkUser>(),
    noun::<ConnectAttempt>(),
    noun::<ConnectedAccount>(),
    noun::<Keyring>(),
    noun::<Login>(),
    noun::<NumberSequence>(),
    noun::<OauthClient>(),
    noun::<OauthGrant>(),
    noun::<PinnedIssuer>(),
    noun::<PlatformIdentity>(),
    noun::<Pairing>(),
    noun::<PairingCode>(),
    noun::<PairingGuard>(),
    noun::<ReactorCursor>(),
    noun::<ServiceCredential>(),
    noun::<SessionToken>(),
    noun::<Subject>(),
    noun::<Ticket>(),
    noun::<TokenFamily>(),
    noun::<User>(),
    noun::<UserHandle>(),
    noun::<Workspace>(),
    noun::<WorkspaceQuota>(),
];

const fn noun<A: Shown>() -> Noun {
    Noun { category: A::CATEGORY, empty: || Box::new(Folded(A::default())), read: read::<A> }
}

fn read<'a, A: Shown>(
    log: &'a Log,
    id: &'a str,
    at: Option<AsOf>,
) -> Option<BoxFuture<'a, Result<State, ReadError>>> {
    let id: A::Id = id.parse().ok()?;
    Some(Box::pin(async move {
        let Loaded { state, revision, position, .. } = match at {
            Some(at) => log.state_at::<A>(id, at).await?,
            None => log.load::<A>(id).await?,
        };
        Ok(State { revision, position, inner: Box::new(Folded(state)) })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_of_the_catalog_can_be_shown() {
        let mut shown: Vec<&str> = NOUNS.iter().map(|noun| noun.category).collect();
        let mut known: Vec<&str> = domain::catalog::CATEGORIES.to_vec();
        shown.sort_unstable();
        known.sort_unstable();
        assert_eq!(shown, known);
    }

    #[test]
    fn a_stream_of_no_noun_has_no_state() {
        assert!(empty("secret-0198").is_none());
        assert!(empty("agent_token").is_none());
        assert_eq!(empty("agent_token-x").unwrap().shown(), Value::Null);
    }
}
