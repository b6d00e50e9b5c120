//! `SyncUser`: somebody of the identity provider becomes, and stays, somebody here.
//!
//! Their id follows from who they are there, so webhook and first request, in any order and at any
//! number of nodes, make the same person; every step finds itself done. What the provider said
//! later holds, whenever it comes.

use domain::{
    Aggregate, Sealed,
    actor::Actor,
    clerk_user::{self, ClerkUser, ClerkUserId},
    id::{CommandId, UserId, WorkspaceId},
    text::WorkspaceName,
    user::{self, ChangeProfile, Origin, Profile, Register, User},
    username::Username,
    workspace::{self, Workspace},
};
use store::{Context, ExecuteError, VaultError, random};
use uuid::Builder;

use crate::{
    app::{
        App, Request,
        request::{Undertaking, stream_of},
    },
    error::Error,
};

/// What the identity provider says of a person, and when it was so.
#[derive(Clone, Debug)]
pub struct Said {
    pub profile: Profile,
    pub updated_at: domain::Time,
    pub banned: bool,
}

impl App {
    /// Makes somebody of the identity provider known, or takes over what it says of them; none if
    /// it has deleted them.
    pub(super) async fn sync_user(
        &self,
        request: &Request,
        sub: &str,
        said: Option<Said>,
    ) -> Result<Option<UserId>, Error> {
        let Some(provider) = &self.identity.provider else { return Err(Error::NotFound) };
        let clerk = self.clerk_user_id(provider.issuer(), sub);
        let undertaking =
            self.undertake_as(request, "SyncUser", Actor::system("identity"), sub, None);
        let Some(user) = self.bind(&undertaking, clerk).await? else { return Ok(None) };
        let state = self.log.load::<User>(user).await?.state;
        if state.person().is_some_and(user::Person::is_erasing) {
            return Ok(None);
        }
        if state.person().is_none() {
            self.make_person(&undertaking, clerk, user, sub).await?;
        }
        self.link(&undertaking, clerk, user).await?;
        if let Some(said) = said {
            self.take_over(&undertaking, user, said).await?;
        }
        Ok(Some(user))
    }

    /// Finds who somebody is here, and decides it where that is open.
    async fn bind(
        &self,
        undertaking: &Undertaking<'_>,
        clerk: ClerkUserId,
    ) -> Result<Option<UserId>, Error> {
        match self.log.load::<ClerkUser>(clerk).await?.state {
            ClerkUser::Bound { user_id } => return Ok(Some(user_id)),
            ClerkUser::Deleted { .. } => return Ok(None),
            ClerkUser::Unknown => {}
        }
        let mac = self.vault.hmac("clerk_person", &[clerk.to_string().as_bytes()]);
        let half = *mac.first_chunk().expect("32 bytes are more than 16");
        let user_id = UserId::from_uuid(Builder::from_custom_bytes(half).into_uuid());
        let bind = clerk_user::Command::Bind { user_id };
        let context = undertaking.step("bind").on::<ClerkUser>(clerk).await?;
        let outcome = self.log.execute::<ClerkUser>(clerk, &bind, &context).await;
        self.folds.forget::<ClerkUser>(clerk);
        match outcome {
            Ok(_) => Ok(Some(user_id)),
            Err(ExecuteError::Rejected(clerk_user::Rejection::Deleted)) => Ok(None),
            // Linked to somebody registered, a moment ago.
            Err(ExecuteError::Rejected(clerk_user::Rejection::BoundElsewhere)) => {
                Ok(self.log.load::<ClerkUser>(clerk).await?.state.bound())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keys, the person, their workspace; in this order.
    async fn make_person(
        &self,
        undertaking: &Undertaking<'_>,
        clerk: ClerkUserId,
        user: UserId,
        sub: &str,
    ) -> Result<(), Error> {
        let personal = WorkspaceId::personal(user);
        if !self.create_keys(undertaking, user).await? {
            return Err(Error::Unauthenticated);
        }
        // The provider's own name for them is nobody else's; what people call them is the profile.
        let handle = Username::parse(sub).or_else(|_| Username::parse(&format!("user_{clerk}")));
        let handle = handle.map_err(|refusal| Error::rejected(&refusal))?;
        let stream = stream_of::<User>(user);
        let register = user::Command::Register(Register {
            number: self.numbers.next_user(&self.log, undertaking).await?,
            handle: self.vault.seal(user.into(), &stream, "handle", &handle).await?,
            origin: Origin::Clerk,
            subject_key_id: user.into(),
            credential: None,
        });
        let context = undertaking.step("user").on::<User>(user).await?;
        match self.log.execute::<User>(user, &register, &context).await {
            Ok(_) | Err(ExecuteError::Rejected(user::Rejection::AlreadyRegistered)) => {}
            Err(error) => return Err(error.into()),
        }
        let name = WorkspaceName::parse(handle.as_str());
        let name = name.map_err(|refusal| Error::rejected(&refusal))?;
        let stream = stream_of::<Workspace>(personal);
        let name = self.vault.seal(personal.into(), &stream, "name", &name).await?;
        let plan = self.settings.default_plan;
        let create = workspace::Command::Create(workspace::Create { owner: user, name, plan });
        let step = undertaking.step("workspace").within(personal);
        let context = step.on::<Workspace>(personal).await?;
        match self.log.execute::<Workspace>(personal, &create, &context).await {
            Ok(_) | Err(ExecuteError::Rejected(workspace::Rejection::AlreadyCreated)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Ties a person to who they are at the provider.
    pub(in crate::app) async fn link(
        &self,
        undertaking: &Undertaking<'_>,
        clerk: ClerkUserId,
        user: UserId,
    ) -> Result<(), Error> {
        let context = undertaking.step("link").on::<User>(user).await?;
        let command = user::Command::LinkClerk(clerk);
        self.log.execute::<User>(user, &command, &context).await?;
        Ok(())
    }

    async fn take_over(
        &self,
        undertaking: &Undertaking<'_>,
        user: UserId,
        said: Said,
    ) -> Result<(), Error> {
        let stream = format!("{}-{user}", User::CATEGORY);
        let profile: Sealed<Profile> =
            match self.vault.seal(user.into(), &stream, "profile", &said.profile).await {
                // Erased meanwhile: there is nobody to tell anything of.
                Err(VaultError::KeyGone) => return Ok(()),
                sealed => sealed?,
            };
        let (source_updated_at, banned) = (said.updated_at, said.banned);
        let change = ChangeProfile { profile, source_updated_at, banned };
        let context = undertaking.step("profile").on::<User>(user).await?;
        let command = user::Command::ChangeProfile(change);
        self.log.execute::<User>(user, &command, &context).await?;
        self.folds.forget::<User>(user);
        Ok(())
    }

    /// The context of what the identity provider brings about, without a request of anyone's.
    pub(super) fn system_context(&self, command: &'static str, user: Option<UserId>) -> Context {
        let id = random::uuid();
        Context {
            command_id: CommandId::from_uuid(id),
            command,
            correlation_id: id,
            causation_id: None,
            actor: Actor::system("identity"),
            on_behalf_of: user.map(Actor::user),
            workspace_id: None,
            occurred_at: self.clock.now(),
            client: None,
            auth: None,
        }
    }
}
