//! Registration: keys, the sealed password, the name, the person, their workspace; in this order.
//!
//! Every step is derived from the person's id, so that whoever comes with the same name and the
//! right password finishes what a crash left, and gets the same key. Until the person exists the
//! name can be taken over, after five minutes, by whoever comes next.

use domain::{
    Aggregate, Secret,
    actor::Actor,
    id::{CommandId, UserId, VaultRef, WorkspaceId},
    opaque_token,
    text::WorkspaceName,
    user::{self, Credential, Origin, Register, User},
    user_handle::{self, Rejection, Reserve, UserHandle},
    username::Username,
    workspace::{self, Workspace},
};
use store::{ExecuteError, Expected, Loaded, Position, VaultError, random};

use crate::{
    app::{
        App, Request,
        passwords::{Hash, KDF, Turn},
        request::{Undertaking, stream_of},
    },
    config::Registration,
    error::Error,
};

/// How often a name is looked at again because somebody else was faster.
const ATTEMPTS: usize = 3;

/// What `/register` answers.
#[derive(Clone, Debug)]
pub struct Registered {
    pub id: UserId,
    /// Public, and all that is needed to find the person again.
    pub user_key: String,
    pub position: Option<Position>,
}

/// One registration under way.
struct Registering<'a> {
    app: &'a App,
    request: &'a Request,
    name: Username,
    password: Secret<String>,
    /// Who it is, where the identity provider says so.
    given: Option<UserId>,
}

impl App {
    /// Registers a person under a name and a password.
    ///
    /// The same name again with the right password answers the same key.
    ///
    /// # Errors
    ///
    /// `INVALID_USER_ID`, `WEAK_SECRET`, `USER_ID_TAKEN`, [`Error::RegistrationClosed`],
    /// [`Error::RateLimited`].
    pub async fn register(
        &self,
        request: &Request,
        name: &str,
        password: Secret<String>,
    ) -> Result<Registered, Error> {
        if self.settings.registration != Registration::Open {
            return Err(Error::RegistrationClosed);
        }
        self.register_as(request, name, password, None).await
    }

    pub(super) async fn register_as(
        &self,
        request: &Request,
        name: &str,
        password: Secret<String>,
        given: Option<UserId>,
    ) -> Result<Registered, Error> {
        let name = Username::parse(name).map_err(|refusal| Error::rejected(&refusal))?;
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let turn = app.passwords.turn().await?;
            let judged = turn.check(&name, &password).await?;
            judged.map_err(|refusal| Error::rejected(&refusal))?;
            app.throttle.registrations.admit(request.client.ip, app.clock.now())?;
            let registering = Registering { app: &app, request: &request, name, password, given };
            registering.run(&turn).await
        })
        .await
    }
}

impl Registering<'_> {
    async fn run(&self, turn: &Turn) -> Result<Registered, Error> {
        for _ in 0..ATTEMPTS {
            let handle = self.app.log.load::<UserHandle>(self.app.handle_of(&self.name)).await?;
            let outcome = match handle.state.holder() {
                None => self.anew(turn, None).await,
                Some(holder) => self.again(turn, holder).await,
            };
            match outcome {
                Err(Error::Contended) => {}
                outcome => return outcome,
            }
        }
        Err(Error::Contended)
    }

    /// The name is held: by the same person, by one half registered, or by somebody else.
    async fn again(&self, turn: &Turn, holder: UserId) -> Result<Registered, Error> {
        if self.given.is_some_and(|given| given != holder) {
            return Err(taken());
        }
        let user = self.app.log.load::<User>(holder).await?;
        match &user.state {
            User::Abandoned => self.anew(turn, Some(holder)).await,
            User::Registered(person) if person.is_active() => {
                self.prove(turn, holder, &user).await?;
                self.finish(holder).await
            }
            User::Registered(_) => Err(taken()),
            User::Unknown => match self.prove(turn, holder, &user).await {
                Ok(()) => self.finish(holder).await,
                Err(error) if is_taken(&error) => self.take_over(turn, holder).await,
                Err(error) => Err(error),
            },
        }
    }

    /// Lets somebody who knows the holder's password pass for the holder, at the cost and within
    /// the budgets of a sign-in.
    async fn prove(&self, turn: &Turn, holder: UserId, user: &Loaded<User>) -> Result<(), Error> {
        let hash = match &user.state {
            User::Registered(person) if person.credential.is_some() => {
                self.app.password_hash(user).await?
            }
            // Where a crash left it: stored, and not yet said to be theirs.
            User::Registered(_) | User::Unknown | User::Abandoned => {
                self.app.stored_hash(password_ref(holder)).await?
            }
        };
        match self.app.guess(turn, self.request, holder, user, &self.password, hash).await {
            Err(Error::InvalidCredentials) => Err(taken()),
            outcome => outcome,
        }
    }

    /// Registers somebody new; `replacing` held the name and was given up.
    async fn anew(&self, turn: &Turn, replacing: Option<UserId>) -> Result<Registered, Error> {
        let id = self.new_id();
        let undertaking = self.undertaking(id);
        let hash = turn.hash(&self.password).await?;
        if !self.app.create_keys(&undertaking, id).await? {
            // An earlier try under the same idempotency key lost the name; so does this one.
            return Err(taken());
        }
        self.keep_password(&undertaking, id, &hash).await?;
        let reserve = Reserve { user_id: id, replacing, at: undertaking.at() };
        let handle = self.app.handle_of(&self.name);
        let step = undertaking.step("handle");
        let context = step.on::<UserHandle>(handle).await?;
        let reserve = user_handle::Command::Reserve(reserve);
        match self.app.log.execute::<UserHandle>(handle, &reserve, &context).await {
            Ok(_) => self.finish(id).await,
            Err(ExecuteError::Rejected(Rejection::Taken | Rejection::NotHeld)) => {
                // Somebody was faster; what was made for this id is of no use to anyone.
                if self.given.is_some() {
                    return Err(taken());
                }
                self.app.vault.destroy_secret(password_ref(id)).await?;
                self.app.vault.destroy_subject_key(id.into()).await?;
                self.app.vault.destroy_subject_key(WorkspaceId::personal(id).into()).await?;
                Err(if replacing.is_some() { taken() } else { Error::Contended })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the holder's id up, if the registration has had its time, and takes the name.
    async fn take_over(&self, turn: &Turn, holder: UserId) -> Result<Registered, Error> {
        let handle = self.app.log.load::<UserHandle>(self.app.handle_of(&self.name)).await?.state;
        let at = self.app.clock.now();
        let would = Reserve { user_id: self.new_id(), replacing: Some(holder), at };
        if handle.decide(&user_handle::Command::Reserve(would)).is_err() {
            return Err(taken());
        }
        let step = self.undertaking(holder).step("abandoned");
        let context = step.on::<User>(holder).await?;
        match self.app.log.execute::<User>(holder, &user::Command::Abandon, &context).await {
            Ok(_) => self.anew(turn, Some(holder)).await,
            // It was completed after all.
            Err(ExecuteError::Rejected(_)) => Err(Error::Contended),
            Err(error) => Err(error.into()),
        }
    }

    /// Does what is left to do once the name is reserved; all of it may be done already.
    async fn finish(&self, id: UserId) -> Result<Registered, Error> {
        let undertaking = self.undertaking(id);
        let user = self.app.log.load::<User>(id).await?;
        let position = match user.state {
            User::Registered(person) if person.credential.is_some() => user.position,
            User::Registered(_) => self.set_credential(&undertaking, id).await?,
            User::Unknown | User::Abandoned => self.create_user(&undertaking, id).await?,
        };
        let position = position.max(self.create_workspace(&undertaking, id).await?);
        Ok(Registered { id, user_key: opaque_token::write_user_key(id.as_uuid()), position })
    }

    /// Says that a password is theirs who had none.
    async fn set_credential(
        &self,
        undertaking: &Undertaking<'_>,
        id: UserId,
    ) -> Result<Option<Position>, Error> {
        let credential = Credential { vault_ref: password_ref(id), kdf: KDF.to_owned() };
        let context = undertaking.step("credential").on::<User>(id).await?;
        let command = user::Command::SetCredential(credential);
        let committed = self.app.log.execute::<User>(id, &command, &context).await?;
        Ok(committed.position)
    }

    async fn create_user(
        &self,
        undertaking: &Undertaking<'_>,
        id: UserId,
    ) -> Result<Option<Position>, Error> {
        let app = self.app;
        let register = user::Command::Register(Register {
            number: app.numbers.next_user(&app.log, undertaking).await?,
            handle: app.vault.seal(id.into(), &stream_of::<User>(id), "handle", &self.name).await?,
            origin: Origin::Register,
            subject_key_id: id.into(),
            credential: Some(Credential { vault_ref: password_ref(id), kdf: KDF.to_owned() }),
        });
        let context = undertaking.step("user").on::<User>(id).await?;
        match app.log.execute::<User>(id, &register, &context).await {
            Ok(committed) => Ok(committed.position),
            // Somebody with the same name and password is finishing it too.
            Err(ExecuteError::Rejected(user::Rejection::AlreadyRegistered)) => Ok(None),
            Err(ExecuteError::Rejected(user::Rejection::Abandoned)) => Err(Error::Contended),
            Err(error) => Err(error.into()),
        }
    }

    async fn create_workspace(
        &self,
        undertaking: &Undertaking<'_>,
        owner: UserId,
    ) -> Result<Option<Position>, Error> {
        let (app, id) = (self.app, WorkspaceId::personal(owner));
        let loaded = app.folds.get::<Workspace>(id).await?;
        if loaded.state.open().is_some() {
            return Ok(loaded.position);
        }
        let name = WorkspaceName::parse(self.name.as_str());
        let name = name.map_err(|refusal| Error::rejected(&refusal))?;
        let stream = stream_of::<Workspace>(id);
        let name = app.vault.seal(id.into(), &stream, "name", &name).await?;
        let plan = app.settings.default_plan;
        let create = workspace::Command::Create(workspace::Create { owner, name, plan });
        let context = undertaking.step("workspace").within(id).on::<Workspace>(id).await?;
        match app.log.execute::<Workspace>(id, &create, &context).await {
            Ok(committed) => Ok(committed.position),
            Err(ExecuteError::Rejected(workspace::Rejection::AlreadyCreated)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the hash into the vault; what an earlier try of this command put there gives way.
    async fn keep_password(
        &self,
        undertaking: &Undertaking<'_>,
        id: UserId,
        hash: &Hash,
    ) -> Result<(), Error> {
        let (vault, name) = (&self.app.vault, password_ref(id));
        let earlier = vault.get_secret(name).await?;
        let expected = earlier.map_or(Expected::New, |stored| Expected::Version(stored.version));
        let (hash, step) = (hash.expose().as_bytes(), undertaking.step("password"));
        match vault.put_secret(name, id.into(), hash, expected, step.bare()).await {
            Err(VaultError::VersionConflict { .. }) => Err(Error::Contended),
            Err(VaultError::Destroyed) => Err(taken()),
            outcome => outcome.map(|_| ()).map_err(Error::from),
        }
    }

    /// The id that this command gives; the same for a repetition with the same idempotency key.
    fn new_id(&self) -> UserId {
        if let Some(given) = self.given {
            return given;
        }
        let command = match &self.request.idempotency_key {
            Some(key) => {
                let caller = self.app.handle_of(&self.name).to_string();
                self.app.vault.command_id("RegisterUser", &caller, key)
            }
            None => CommandId::from_uuid(random::uuid()),
        };
        UserId::derived(command, "user")
    }

    /// The steps of registering `id`, whoever takes them.
    fn undertaking(&self, id: UserId) -> Undertaking<'_> {
        self.app
            .undertake_as(self.request, "RegisterUser", Actor::user(id), "", Some(id.into()))
            .under(CommandId::from_uuid(id.as_uuid()))
    }
}

/// Where the hash of a registered person's first password lies.
fn password_ref(id: UserId) -> VaultRef {
    VaultRef::derived(CommandId::from_uuid(id.as_uuid()), "password")
}

pub(super) fn taken() -> Error {
    Error::Rejected { code: "USER_ID_TAKEN", message: "another user holds this user id".into() }
}

fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Rejected { code: "USER_ID_TAKEN", .. })
}

#[cfg(all(test, feature = "embedded"))]
mod tests;
