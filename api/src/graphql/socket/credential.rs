//! Credential: what a GraphQL socket lives by, and the moment it no longer does.

use std::sync::Arc;

use domain::{
    Time,
    agent_token::AgentToken,
    id::WorkspaceId,
    login::Login,
    oauth_client::OauthClient,
    oauth_grant::{GrantId, OauthGrant},
    scope::AgentScope,
    service_credential::ServiceCredential,
    token_family::TokenFamily,
    user::User,
    workspace::Workspace,
};

use super::Socket;
use crate::{
    app::{App, Caller, ClientInfo, Via, Who, bearer::Proof, request::stream_of, standing::Use},
    error::Error,
    live::{Key, Vigil},
    ws::{Close, Tenure},
};

/// A credential that was accepted, under watch, and the permissions in use.
pub(super) struct Credential {
    proof: Proof,
    client: ClientInfo,
    socket: Arc<Socket>,
    vigil: Vigil,
    /// The workspaces whose streams are under watch for the sake of a permission.
    watched: Vec<WorkspaceId>,
    pub(super) caller: Caller,
}

impl Tenure for Credential {
    async fn denied(&mut self, app: &App) -> Close {
        loop {
            if let Err(why) = self.settle(app).await {
                return why;
            }
            tokio::select! {
                () = self.vigil.due() => {}
                () = self.socket.changed() => self.watch(app),
            }
        }
    }

    async fn settle(&mut self, app: &App) -> Result<(), Close> {
        if self.vigil.is_due() {
            self.vigil.ask();
            match self.stands(app).await {
                Ok(()) => self.vigil.rest(&app.clock, self.caller.until),
                Err(Standing::Denied(why)) => return Err(why),
                Err(Standing::Unknown) => self.vigil.retry(),
            }
        }
        self.socket.closing().map_or(Ok(()), Err)
    }
}

impl Credential {
    pub(super) async fn take(
        app: &App,
        proof: Proof,
        client: ClientInfo,
        socket: Arc<Socket>,
    ) -> Result<Self, Error> {
        let caller = app.caller_from(&proof, &client).await?;
        caller.require_graphql()?;
        let vigil = Vigil::over(&app.live, streams(&caller).into_iter().map(Key::Stream));
        Ok(Self { proof, client, socket, vigil, watched: vec![], caller })
    }

    /// Lives by another credential of the same caller from now on.
    pub(super) async fn renew(&mut self, app: &App, proof: Proof) -> Result<(), Close> {
        let (client, socket) = (self.client.clone(), Arc::clone(&self.socket));
        let renewed = Self::take(app, proof, client, socket).await;
        let renewed = renewed.map_err(|error| Close::for_error(&error))?;
        let same = renewed.caller.user().is_some()
            && renewed.caller.user() == self.caller.user()
            && renewed.agents_workspace() == self.agents_workspace();
        if !same {
            return Err(Close::UNAUTHENTICATED);
        }
        *self = renewed;
        Ok(())
    }

    /// Watches the workspaces of the permissions in use.
    fn watch(&mut self, app: &App) {
        for (workspace, _) in self.socket.grants() {
            if !self.watched.contains(&workspace) {
                self.watched.push(workspace);
                self.vigil.add(&app.live, Key::Stream(stream_of::<Workspace>(workspace)));
            }
        }
    }

    async fn stands(&mut self, app: &App) -> Result<(), Standing> {
        self.caller = self.again(app).await?;
        for (workspace, permission) in self.socket.grants() {
            match app.access(&self.caller, workspace, permission).await {
                Ok(_) => {}
                Err(Error::Forbidden { .. } | Error::NotFound) => {
                    return Err(Standing::Denied(Close::PERMISSION_LOST));
                }
                Err(_) => return Err(Standing::Unknown),
            }
        }
        Ok(())
    }

    /// Asks again who the caller is, without counting it as a use.
    async fn again(&self, app: &App) -> Result<Caller, Standing> {
        if let (Who::AgentToken { .. }, Proof::Bearer(text)) = (&self.caller.who, &self.proof) {
            let usage = Use { scope: AgentScope::Graphql, ip: self.client.ip };
            let verdict = app.judge(text.expose(), usage).await?;
            if let Some(why) = Close::for_verdict(verdict.code) {
                return Err(Standing::Denied(why));
            }
            let until = verdict.token().and_then(|(_, token)| token.ends_at());
            return Ok(Caller { until, ..self.caller.clone() });
        }
        match app.caller_from(&self.proof, &self.client).await {
            Err(Error::Unauthenticated) => Err(Standing::Denied(self.ended(app.clock.now()))),
            outcome => Ok(outcome?),
        }
    }

    /// Why a credential that was good is not any more.
    fn ended(&self, now: Time) -> Close {
        match &self.caller.who {
            _ if self.caller.until.is_some_and(|until| until <= now) => Close::TOKEN_EXPIRED,
            Who::User { .. } | Who::SessionToken { .. } => Close::SESSION_ENDED,
            Who::AgentToken { .. }
            | Who::OauthClient { .. }
            | Who::Service { .. }
            | Who::Operator { .. } => Close::TOKEN_REVOKED,
        }
    }

    /// The workspace that an agent or a page is bound to.
    fn agents_workspace(&self) -> Option<WorkspaceId> {
        match &self.caller.who {
            Who::AgentToken { workspace, .. } | Who::SessionToken { workspace, .. } => {
                Some(*workspace)
            }
            Who::User { .. }
            | Who::OauthClient { .. }
            | Who::Service { .. }
            | Who::Operator { .. } => None,
        }
    }
}

/// Why a socket does not simply go on.
enum Standing {
    Denied(Close),
    /// Nobody can say just now; what came before still holds.
    Unknown,
}

impl From<Error> for Standing {
    fn from(_: Error) -> Self {
        Self::Unknown
    }
}

/// The stream of what somebody signed in with.
fn of_via(via: Via) -> String {
    match via {
        Via::Family(family) => stream_of::<TokenFamily>(family),
        Via::Login(login) => stream_of::<Login>(login),
    }
}

/// The streams that decide whether the caller is still who they say.
fn streams(caller: &Caller) -> Vec<String> {
    match &caller.who {
        Who::User { id, via } => {
            vec![of_via(*via), stream_of::<User>(*id)]
        }
        Who::AgentToken { id, workspace, acts_as, .. } => vec![
            stream_of::<AgentToken>(*id),
            stream_of::<Workspace>(*workspace),
            stream_of::<User>(*acts_as),
        ],
        Who::OauthClient { client, user, family, .. } => vec![
            stream_of::<TokenFamily>(*family),
            stream_of::<User>(*user),
            stream_of::<OauthClient>(*client),
            stream_of::<OauthGrant>(GrantId { user: *user, client: *client }),
        ],
        Who::SessionToken { workspace, user, via, .. } => {
            vec![of_via(*via), stream_of::<Workspace>(*workspace), stream_of::<User>(*user)]
        }
        Who::Service { id, .. } => vec![stream_of::<ServiceCredential>(*id)],
        Who::Operator { .. } => vec![],
    }
}
