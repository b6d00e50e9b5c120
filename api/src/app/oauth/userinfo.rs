//! Userinfo: who a person is, for an application that they let know (OpenID Connect Core 5.3).

use domain::scope::OauthScope;

use crate::{
    app::{App, Caller, Who, access_tokens::UserClaims},
    error::Error,
};

/// A person, as far as the scopes go.
#[derive(Clone, Debug)]
pub struct UserInfo {
    pub subject: String,
    pub username: Option<String>,
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
        let claims = self.me(*user).await?;
        let username = scopes.contains(OauthScope::Profile).then_some(claims.username);
        Ok(UserInfo { subject: claims.id.to_string(), username })
    }

    /// Returns a person as the clients of old know them.
    pub async fn me(&self, id: domain::id::UserId) -> Result<UserClaims, Error> {
        let user = self.folds.get::<domain::user::User>(id).await?;
        let person = user.state.person().ok_or(Error::NotFound)?;
        self.user_claims(id, person).await
    }
}
