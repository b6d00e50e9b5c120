//! Starting a connection: an attempt on record, and the address of the platform's consent page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::TimeDelta;
use domain::{
    Secret,
    connect_attempt::{self, ConnectAttempt, ReturnTo, Started},
    id::{ConnectAttemptId, UserId, WorkspaceId},
    platform::PlatformScopes,
    role::Permission,
    secret::SecretHash,
};
use store::random;
use url::Url;

use super::{person, unknown_platform};
use crate::{
    app::{App, Request, request::stream_of},
    error::Error,
};

/// How long the person may take at the platform.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// The longest address that a browser is sent back to.
const LONGEST_ADDRESS: usize = 2_048;

/// What somebody wants connected.
#[derive(Clone, Debug)]
pub struct StartConnection {
    pub workspace: WorkspaceId,
    pub platform: String,
    /// None for those that the platform's description names.
    pub scopes: Option<Vec<String>>,
    /// Where the browser goes afterwards: a path of ours, or a page of an origin on the list.
    pub return_to: Option<String>,
}

/// A connection that the person must now agree to.
#[derive(Clone, Debug)]
pub struct StartedConnection {
    /// Holds the state, so it is for the person's browser alone.
    pub authorization_url: Url,
    pub state: Secret<String>,
}

impl App {
    /// Begins to connect an account.
    ///
    /// # Errors
    ///
    /// `UNKNOWN_PLATFORM`, `SCOPE_NOT_ALLOWED`, `INVALID_INPUT`.
    pub async fn start_connection(
        &self,
        request: &Request,
        start: StartConnection,
    ) -> Result<StartedConnection, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let caller = request.caller()?;
            let user = person(caller)?;
            app.access(caller, start.workspace, Permission::AccountsManage).await?;
            let name = start.platform.parse().map_err(|_| unknown_platform())?;
            let platform = app.platforms.get(&name).ok_or_else(unknown_platform)?;
            let scopes = match &start.scopes {
                None => platform.scopes.clone(),
                Some(scopes) => {
                    PlatformScopes::parse(scopes.iter().map(String::as_str)).map_err(|invalid| {
                        Error::Rejected { code: "SCOPE_NOT_ALLOWED", message: invalid.to_string() }
                    })?
                }
            };
            // Each is an attempt of its own, also with an idempotency key: its state is told once.
            let id = ConnectAttemptId::from_uuid(random::uuid());
            let state = write_state(id);
            let undertaking =
                app.undertake(&request, "StartConnection", Some(start.workspace))?.afresh();
            let started = Started {
                workspace_id: start.workspace,
                platform: name,
                state_sha256: SecretHash::of(state.expose()),
                user,
                session_hmac: app.session_hmac(caller),
                scopes: scopes.clone(),
                return_to: app.seal_return(user, id, start.return_to.as_deref()).await?,
                expires_at: undertaking.at() + PATIENCE,
            };
            let context = undertaking.on::<ConnectAttempt>(id).await?;
            let command = connect_attempt::Command::Start(started);
            app.log.execute::<ConnectAttempt>(id, &command, &context).await?;
            let (redirect, verifier) = (app.redirect_uri(&platform)?, app.verifier(&state));
            let authorization_url =
                platform.authorization_url(&redirect, &scopes, &state, &verifier);
            Ok(StartedConnection { authorization_url, state })
        })
        .await
    }

    /// The PKCE verifier of an attempt (RFC 7636 4.1): nothing stores it, the pepper makes it.
    pub(super) fn verifier(&self, state: &Secret<String>) -> Secret<String> {
        let mac = self.vault.hmac("connect_verifier", &[state.expose().as_bytes()]);
        Secret::new(BASE64URL.encode(mac))
    }

    /// Finds out whether browsers may be sent to an address; returns it whole.
    pub fn own_address(&self, address: &str) -> Option<Url> {
        let own = self.settings.public_url.as_ref()?;
        // A browser reads a backslash as a slash, and so would go elsewhere.
        if address.len() > LONGEST_ADDRESS || address.contains(['\\', '\r', '\n', '\t']) {
            return None;
        }
        let whole = own.join(address).ok()?;
        let mut origins = std::iter::once(own).chain(&self.settings.graphql.origins);
        let ours = origins.any(|origin| origin.origin() == whole.origin());
        let plain = whole.username().is_empty() && whole.password().is_none();
        (ours && plain && matches!(whole.scheme(), "http" | "https")).then_some(whole)
    }

    async fn seal_return(
        &self,
        user: UserId,
        id: ConnectAttemptId,
        address: Option<&str>,
    ) -> Result<Option<domain::Sealed<ReturnTo>>, Error> {
        let Some(address) = address else { return Ok(None) };
        let whole = self.own_address(address).ok_or_else(|| Error::Rejected {
            code: "INVALID_INPUT",
            message: "a browser is sent back to pages of this service only".into(),
        })?;
        let stream = stream_of::<ConnectAttempt>(id);
        let address = ReturnTo::new(whole.into());
        Ok(Some(self.vault.seal(user.into(), &stream, "return_to", &address).await?))
    }
}

/// The attempt's id and 256 random bits.
fn write_state(id: ConnectAttemptId) -> Secret<String> {
    let secret = BASE64URL.encode(random::bytes::<32>().expose());
    Secret::new(format!("{}.{secret}", id.as_uuid().simple()))
}

/// Reads which attempt a state is of; none if it can be of none.
pub(super) fn read_state(state: &Secret<String>) -> Option<(ConnectAttemptId, SecretHash)> {
    let text = state.expose();
    let (id, secret) = text.split_once('.')?;
    let written = (id.len(), secret.len()) == (32, 43);
    let id = id.parse().ok().filter(|_| written)?;
    Some((ConnectAttemptId::from_uuid(id), SecretHash::of(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_names_its_attempt() {
        let id = ConnectAttemptId::from_uuid(random::uuid());
        let state = write_state(id);
        let (read, hash) = read_state(&state).unwrap();
        assert_eq!((read, hash), (id, SecretHash::of(state.expose())));
        for wrong in ["", ".", "x.y", &state.expose()[1..], &format!("{}x", state.expose())] {
            assert!(read_state(&Secret::new(wrong.to_owned())).is_none(), "{wrong}");
        }
    }
}
