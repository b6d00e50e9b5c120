//! Registration of somebody who is signed in at the identity provider.
//!
//! Two streams meet here: the person's, who is linked, and the provider's account, which is bound.
//! The person's decides, since any number of accounts may come with one name and its password: it
//! takes the first that is linked. Only that account is bound then, so nobody else is left bound to
//! a person who is not theirs. What a crash leaves between the two is finished by the same request.

use domain::{
    Secret,
    actor::Actor,
    clerk_user::{self, ClerkUser, ClerkUserId},
    id::{CommandId, UserId},
    user::User,
};
use store::ExecuteError;

use super::register::{Registered, taken};
use crate::{
    app::{App, Request},
    error::Error,
};

impl App {
    /// Registers as [`App::register`] does, for who is signed in at the identity provider and for
    /// nobody else: their account there and the name belong together from then on.
    ///
    /// # Errors
    ///
    /// As [`App::register`]; `USER_ID_TAKEN` also where either belongs to somebody else already.
    pub async fn register_linked(
        &self,
        request: &Request,
        session: &Secret<String>,
        name: &str,
        password: Secret<String>,
    ) -> Result<Registered, Error> {
        let provider = self.identity.provider.as_ref().ok_or(Error::RegistrationClosed)?;
        let claims = self.session_claims(provider, session.expose()).await;
        let claims = claims.map_err(|_| Error::RegistrationClosed)?;
        let clerk = self.clerk_user_id(provider.issuer(), &claims.sub);
        let given = match self.log.load::<ClerkUser>(clerk).await?.state {
            ClerkUser::Deleted { .. } => return Err(Error::RegistrationClosed),
            known => known.bound(),
        };
        let registered = self.register_as(request, name, password, given).await?;
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            app.link_and_bind(&request, clerk, registered.id).await?;
            Ok(registered)
        })
        .await
    }

    async fn link_and_bind(
        &self,
        request: &Request,
        clerk: ClerkUserId,
        user: UserId,
    ) -> Result<(), Error> {
        let undertaking = self
            .undertake_as(request, "LinkUser", Actor::user(user), "", Some(user.into()))
            .under(CommandId::from_uuid(user.as_uuid()))
            .step(&clerk.to_string());
        match self.link(&undertaking, clerk, user).await {
            Err(Error::Rejected { code: "LINKED_ELSEWHERE", .. }) => return Err(taken()),
            outcome => outcome?,
        }
        self.folds.forget::<User>(user);
        let bind = clerk_user::Command::Bind { user_id: user };
        let context = undertaking.step("bind").on::<ClerkUser>(clerk).await?;
        let bound = self.log.execute::<ClerkUser>(clerk, &bind, &context).await;
        self.folds.forget::<ClerkUser>(clerk);
        match bound {
            Ok(_) => Ok(()),
            Err(ExecuteError::Rejected(_)) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }
}
