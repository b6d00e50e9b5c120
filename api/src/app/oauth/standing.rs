//! Standing: whether a grant of an application counts now, by all that it rests on.
//!
//! The person, their consent, the application: any of them ends it, and none of them says so in
//! the stream of the family or of the code.

use std::sync::Arc;

use domain::{
    id::{OauthClientId, UserId},
    oauth_client::{Client, OauthClient},
    oauth_grant::{self, GrantId, OauthGrant},
    token_family::{Family, TokenFamily},
    user::{self, Person, User},
};
use store::{Loaded, ReadError};

use crate::app::{App, folds::Remembered, named::Named};

/// Where to look something up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What the node's follower keeps current.
    Memory,
    /// The log itself: for whoever is about to be refused.
    Log,
}

/// What a family or a code rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rests {
    pub(crate) user: UserId,
    pub(crate) user_revision: user::Revision,
    pub(crate) client: OauthClientId,
    pub(crate) grant_revision: oauth_grant::Revision,
}

impl Rests {
    /// What the family of an application rests on; `None` for one of nobody's but its person.
    pub(crate) fn of(family: &Family) -> Option<Self> {
        family.oauth.as_ref().map(|binding| Self {
            user: family.user,
            user_revision: family.user_revision,
            client: binding.client,
            grant_revision: binding.grant_revision,
        })
    }

    pub(crate) fn grant(self) -> GrantId {
        GrantId { user: self.user, client: self.client }
    }
}

impl App {
    /// Returns the person, if all this still counts.
    pub(crate) async fn standing(&self, rests: Rests) -> Result<Option<Person>, ReadError> {
        for source in [Source::Memory, Source::Log] {
            if let Some(person) = self.stands(rests, source).await? {
                return Ok(Some(person));
            }
        }
        Ok(None)
    }

    /// The same by one source alone; for what is asked so often that a refusal may be late.
    pub(crate) async fn stands(
        &self,
        rests: Rests,
        source: Source,
    ) -> Result<Option<Person>, ReadError> {
        let client = self.look_up::<OauthClient>(rests.client, source).await?;
        let grant = self.look_up::<OauthGrant>(rests.grant(), source).await?;
        let user = self.look_up::<User>(rests.user, source).await?;
        let person = user.state.person();
        let person = person.filter(|person| person.accepts_credentials_of(rests.user_revision));
        let counts = client.state.client().is_some_and(Client::is_active)
            && grant.state.accepts(rests.grant_revision);
        Ok(person.filter(|_| counts).cloned())
    }

    /// Tells whether the access token of an application counts now: `None` if not, and otherwise
    /// in whose name, if in anybody's.
    pub(in crate::app) async fn application_access(
        &self,
        named: &Named,
    ) -> Result<Option<Option<UserId>>, ReadError> {
        for source in [Source::Memory, Source::Log] {
            if let Some(access) = self.accesses(named, source).await? {
                return Ok(Some(access));
            }
        }
        Ok(None)
    }

    async fn accesses(
        &self,
        named: &Named,
        source: Source,
    ) -> Result<Option<Option<UserId>>, ReadError> {
        let Some(client) = named.client else { return Ok(None) };
        let loaded = self.look_up::<TokenFamily>(named.family, source).await?;
        if named.is_for_itself() {
            let client = self.look_up::<OauthClient>(client, source).await?;
            let active = client.state.client().is_some_and(Client::is_active);
            // Its family never starts, and can be forestalled.
            return Ok((active && loaded.state == TokenFamily::Unstarted).then_some(None));
        }
        let Some(family) = loaded.state.family() else { return Ok(None) };
        let Some(rests) = Rests::of(family).filter(|rests| rests.client == client) else {
            return Ok(None);
        };
        if family.revoked.is_some() || family.has_revoked_access(named.jti()) {
            return Ok(None);
        }
        let person = self.stands(rests, source).await?;
        Ok(person.filter(|person| named.is(person)).map(|_| Some(rests.user)))
    }

    pub(crate) async fn look_up<A: Remembered>(
        &self,
        id: A::Id,
        source: Source,
    ) -> Result<Arc<Loaded<A>>, ReadError> {
        if source == Source::Log {
            self.folds.forget::<A>(id);
        }
        self.folds.get::<A>(id).await
    }
}
