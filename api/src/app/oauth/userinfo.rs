//! Userinfo: who a person is, for an application that they let know (OpenID Connect Core 5.3).

use domain::{
    id::UserId,
    scope::{OauthScope, OauthScopes},
    user::{Person, Profile, User},
};

use crate::{
    app::{App, Caller, Who, access_tokens::UserClaims, request::stream_of},
    error::Error,
};

/// A person, as far as the scopes go.
#[derive(Clone, Debug)]
pub struct UserInfo {
    pub subject: String,
    pub username: Option<String>,
    /// Where the identity provider says that they are reached, if it does.
    pub email: Option<String>,
}

impl App {
    /// Returns what an application with `openid` may know of its person.
    pub async fn userinfo(&self, caller: &Caller) -> Result<UserInfo, Error> {
        let Who::OauthClient { user, scopes, .. } = &caller.who else {
            return Err(Error::Forbidden { permission: OauthScope::Openid.as_str() });
        };
        if !scopes.contains(OauthScope::Openid) {
            return Err(Error::Forbidden { permission: OauthScope::Openid.as_str() });
        }
        let loaded = self.folds.get::<User>(*user).await?;
        let person = loaded.state.person().ok_or(Error::NotFound)?;
        let claims = self.user_claims(*user, person).await?;
        let username = scopes.contains(OauthScope::Profile).then_some(claims.username);
        let email = self.email(*user, person, scopes).await?;
        Ok(UserInfo { subject: claims.id.to_string(), username, email })
    }

    /// The address of a person, where an application may know it.
    pub(super) async fn email(
        &self,
        id: UserId,
        person: &Person,
        scopes: &OauthScopes,
    ) -> Result<Option<String>, Error> {
        if !scopes.contains(OauthScope::Email) {
            return Ok(None);
        }
        Ok(self.profile(id, person).await?.and_then(|profile| profile.email))
    }

    /// What a person reads of themselves: what they are called at the identity provider, or else the
    /// name they sign in with.
    pub(super) async fn called(&self, id: UserId, person: &Person) -> Result<String, Error> {
        let profile = self.profile(id, person).await?;
        match profile.and_then(|profile| profile.name.or(profile.username)) {
            Some(name) => Ok(name),
            None => Ok(self.user_claims(id, person).await?.username),
        }
    }

    async fn profile(&self, id: UserId, person: &Person) -> Result<Option<Profile>, Error> {
        let Some(profile) = &person.profile else { return Ok(None) };
        Ok(self.vault.open_sealed(&stream_of::<User>(id), "profile", profile).await?)
    }

    /// Returns a person as the clients of old know them.
    pub async fn me(&self, id: UserId) -> Result<UserClaims, Error> {
        let user = self.folds.get::<User>(id).await?;
        let person = user.state.person().ok_or(Error::NotFound)?;
        self.user_claims(id, person).await
    }
}
