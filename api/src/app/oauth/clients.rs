//! Clients: applications, as operators register, change and suspend them.

use domain::{
    Secret,
    id::{ClientSecretId, OauthClientId, SubjectId},
    number_sequence::{self, NumberSequence, Sequence},
    oauth_client::{
        AccessTtl, Changes, ClaimsProfile, ClientId, Command, Contacts, Homepage, Kind, NewSecret,
        OauthClient, Register, Registration, RotateSecret,
    },
    opaque_token,
    redirect_uri::RedirectUri,
    scope::{OauthScopes, ServiceScope},
    secret::SecretHash,
    text::{AppName, Reason},
};
use store::random;

use crate::{
    app::{
        App, Caller, Changed, Request,
        request::{Undertaking, stream_of},
    },
    error::Error,
};

/// An application that is to be registered.
#[derive(Clone, Debug)]
pub struct RegisterClient {
    /// One is invented, if left out.
    pub client_id: Option<ClientId>,
    pub kind: Kind,
    pub name: AppName,
    pub description: Option<Reason>,
    pub homepage: Option<Homepage>,
    pub redirect_uris: Vec<RedirectUri>,
    pub scopes: OauthScopes,
    pub access_ttl: AccessTtl,
    pub require_pkce: bool,
    /// Whether a refresh token is replaced whenever it is used; a public one's must be.
    pub rotate_refresh_tokens: bool,
    pub claims_profile: ClaimsProfile,
    pub contacts: Option<Contacts>,
    pub policy_version: Option<String>,
}

/// An application, and its new secret where this is the first answer to the command.
#[derive(Clone, Debug)]
pub struct ClientChanged {
    pub client: Changed<OauthClient>,
    pub secret: Option<Secret<String>>,
}

impl App {
    /// Refuses whoever may not manage applications.
    pub fn may_manage_clients(&self, caller: &Caller) -> Result<(), Error> {
        caller.require_operator(ServiceScope::ClientsManage)
    }

    /// Registers an application.
    ///
    /// # Errors
    ///
    /// `CLIENT_ID_TAKEN`, `REDIRECT_URI_INVALID`; [`Error::Forbidden`] without `clients:manage`.
    pub async fn register_client(
        &self,
        request: &Request,
        register: RegisterClient,
    ) -> Result<ClientChanged, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            app.may_manage_clients(request.caller()?)?;
            let undertaking = app.undertake(&request, "RegisterClient", None)?;
            let command_id = undertaking.command_id();
            let client_id = register.client_id.clone().unwrap_or_else(|| {
                ClientId::invented(OauthClientId::derived(command_id, "oauth_client").as_uuid())
            });
            let id = client_id.stream();
            if app.log.load::<OauthClient>(id).await?.state.client().is_some()
                && register.client_id.is_some()
                && request.idempotency_key.is_none()
            {
                // Before a number is spent on it.
                return Err(Error::rejected(&domain::oauth_client::Rejection::ClientIdTaken));
            }
            let secret = (register.kind == Kind::Private).then(|| new_secret(id, &undertaking));
            let (text, secret) = secret.unzip();
            let registration = Registration {
                application_id: app.application_number(&undertaking).await?,
                client_id,
                kind: register.kind,
                name: register.name,
                description: app.sealed(id, "description", register.description).await?,
                homepage: register.homepage,
                redirect_uris: register.redirect_uris,
                scopes: register.scopes,
                access_ttl: register.access_ttl,
                require_pkce: register.require_pkce,
                rotate_refresh_tokens: register.rotate_refresh_tokens,
                claims_profile: register.claims_profile,
                contacts: app.sealed(id, "contacts", register.contacts).await?,
                policy_version: register.policy_version,
            };
            let command = Command::Register(Box::new(Register { registration, secret }));
            let context = undertaking.on::<OauthClient>(id).await?;
            let committed = app.log.execute::<OauthClient>(id, &command, &context).await?;
            let secret = text.filter(|_| !committed.repeated);
            Ok(ClientChanged { client: Changed::new(id, committed), secret })
        })
        .await
    }

    /// Changes what may change of an application.
    pub async fn update_client(
        &self,
        request: &Request,
        id: OauthClientId,
        changes: Changes,
        expected_revision: Option<u64>,
    ) -> Result<Changed<OauthClient>, Error> {
        let command = Command::Update(changes);
        self.change_client(request, id, "UpdateClient", expected_revision, move |_, _| Ok(command))
            .await
    }

    /// Gives a private application another secret; the one before goes on for `overlap_s`.
    pub async fn rotate_client_secret(
        &self,
        request: &Request,
        id: OauthClientId,
        overlap_s: u32,
    ) -> Result<ClientChanged, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            app.may_manage_clients(request.caller()?)?;
            let undertaking = app.undertake(&request, "RotateClientSecret", None)?;
            let (text, secret) = new_secret(id, &undertaking);
            let at = undertaking.at();
            let overlap_ends_at = at + chrono::TimeDelta::seconds(overlap_s.into());
            let command = Command::RotateSecret(RotateSecret { secret, overlap_ends_at, at });
            let context = undertaking.on::<OauthClient>(id).await?;
            let committed = app.log.execute::<OauthClient>(id, &command, &context).await?;
            app.folds.forget::<OauthClient>(id);
            let secret = (!committed.repeated).then_some(text);
            Ok(ClientChanged { client: Changed::new(id, committed), secret })
        })
        .await
    }

    /// Ends all that an application may do, at once; its people's consents stay for its return.
    pub async fn suspend_client(
        &self,
        request: &Request,
        id: OauthClientId,
        reason: Reason,
    ) -> Result<Changed<OauthClient>, Error> {
        let sealed = self.sealed(id, "reason", Some(reason)).await?;
        let reason = sealed.ok_or_else(|| Error::invalid("a suspension needs a reason"))?;
        self.change_client(request, id, "SuspendClient", None, move |_, _| {
            Ok(Command::Suspend { reason })
        })
        .await
    }

    /// Lets a suspended application go on.
    pub async fn reinstate_client(
        &self,
        request: &Request,
        id: OauthClientId,
    ) -> Result<Changed<OauthClient>, Error> {
        self.change_client(request, id, "ReinstateClient", None, |_, _| Ok(Command::Reinstate))
            .await
    }

    async fn change_client(
        &self,
        request: &Request,
        id: OauthClientId,
        name: &'static str,
        expected_revision: Option<u64>,
        command: impl FnOnce(&Self, &Undertaking<'_>) -> Result<Command, Error> + Send + 'static,
    ) -> Result<Changed<OauthClient>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            app.may_manage_clients(request.caller()?)?;
            let undertaking = app.undertake(&request, name, None)?;
            let command = command(&app, &undertaking)?;
            let context = undertaking.on::<OauthClient>(id).await?;
            let log = &app.log;
            let committed = match expected_revision {
                None => log.execute::<OauthClient>(id, &command, &context).await?,
                Some(revision) => {
                    log.execute_at::<OauthClient>(id, &command, &context, Some(revision)).await?
                }
            };
            app.folds.forget::<OauthClient>(id);
            Ok(Changed::new(id, committed))
        })
        .await
    }

    /// A number for one application: the same for a repetition of the same command.
    async fn application_number(&self, undertaking: &Undertaking<'_>) -> Result<u64, Error> {
        let sequence = Sequence::Application;
        let context = undertaking.step("number").on::<NumberSequence>(sequence).await?;
        let take = number_sequence::Command::TakeBlock { size: 1 };
        let taken = self.log.execute::<NumberSequence>(sequence, &take, &context).await?;
        let number = taken.events.into_iter().next();
        let number = number.map(|number_sequence::Event::BlockTaken { from, .. }| from);
        number.ok_or_else(|| Error::Internal(anyhow::anyhow!("a block of numbers is empty")))
    }

    async fn sealed<T: serde::Serialize + Sync>(
        &self,
        id: OauthClientId,
        field: &str,
        value: Option<T>,
    ) -> Result<Option<domain::Sealed<T>>, Error> {
        let Some(value) = value else { return Ok(None) };
        let stream = stream_of::<OauthClient>(id);
        Ok(Some(self.vault.seal(SubjectId::SYSTEM, &stream, field, &value).await?))
    }
}

/// A secret of the application `id`: its text, and what is kept of it.
fn new_secret(id: OauthClientId, undertaking: &Undertaking<'_>) -> (Secret<String>, NewSecret) {
    let text = opaque_token::write(opaque_token::Kind::Client, id.as_uuid(), &random::bytes());
    let secret = NewSecret {
        id: ClientSecretId::derived(undertaking.command_id(), "client_secret"),
        sha256: SecretHash::of(text.expose()),
        hint: opaque_token::hint(&text),
    };
    (text, secret)
}
