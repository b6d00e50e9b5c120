//! Request: who asks, from where, and under which ids what follows is recorded.
//!
//! An [`Undertaking`] is one command of a request on its way to the log; it makes the
//! [`Context`] of each stream that the command touches.

use std::net::IpAddr;

use domain::{
    Aggregate,
    actor::Actor,
    id::{CommandId, SubjectId, UserId, WorkspaceId},
};
use store::{Auth, CLIENT_FIELD, Client, Context, VaultError, random};
use uuid::Uuid;

use super::{App, Caller};
use crate::error::Error;

/// One request, whichever way it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// `X-Request-Id`; the correlation id of every event it causes.
    pub id: Uuid,
    /// Who asks; none before they have said who they are.
    pub caller: Option<Caller>,
    pub client: ClientInfo,
    /// What makes a repetition of this command the same command.
    pub idempotency_key: Option<String>,
}

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The peer's address, or what a trusted proxy says; none on the operators' socket.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// A command under way.
pub struct Undertaking<'a> {
    app: &'a App,
    client: &'a ClientInfo,
    /// Under whose key the client's address is sealed.
    subject: Option<SubjectId>,
    context: Context,
    /// The caller named the command, and may send it again.
    named: bool,
}

impl Request {
    /// Returns who asks.
    pub fn caller(&self) -> Result<&Caller, Error> {
        self.caller.as_ref().ok_or(Error::Unauthenticated)
    }
}

impl App {
    /// Begins `command` for the caller of `request`.
    ///
    /// With an idempotency key the same caller's same command has the same id, whichever node it
    /// reaches.
    pub fn undertake<'a>(
        &'a self,
        request: &'a Request,
        command: &'static str,
        workspace: Option<WorkspaceId>,
    ) -> Result<Undertaking<'a>, Error> {
        let caller = request.caller()?;
        let actor = caller.actor();
        let scope = workspace.map(|id| id.to_string()).unwrap_or_default();
        let name = format!("{}:{}:{scope}", actor.kind.as_str(), actor.id);
        let mut undertaking = self
            .undertake_as(request, command, actor, &name, Some(caller.subject()))
            .with_auth(caller.auth.clone());
        undertaking.context.workspace_id = workspace;
        undertaking.context.on_behalf_of = caller.on_behalf_of();
        Ok(undertaking)
    }

    /// Begins `command` for someone who is nobody yet: `actor` stands in, and `caller` is what
    /// the command concerns, never in clear.
    pub fn undertake_as<'a>(
        &'a self,
        request: &'a Request,
        command: &'static str,
        actor: Actor,
        caller: &str,
        subject: Option<SubjectId>,
    ) -> Undertaking<'a> {
        let command_id = match &request.idempotency_key {
            Some(key) => self.vault.command_id(command, caller, key),
            None => CommandId::from_uuid(random::uuid()),
        };
        let context = Context {
            command_id,
            command,
            correlation_id: request.id,
            causation_id: None,
            actor,
            on_behalf_of: None,
            workspace_id: None,
            occurred_at: self.clock.now(),
            client: None,
            auth: None,
        };
        let named = request.idempotency_key.is_some();
        Undertaking { app: self, client: &request.client, subject, context, named }
    }
}

impl Undertaking<'_> {
    pub fn command_id(&self) -> CommandId {
        self.context.command_id
    }

    /// Whether the caller named it, so that it may have been carried out before.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// When it was decided.
    pub fn at(&self) -> domain::Time {
        self.context.occurred_at
    }

    /// The context without the client, for what is no aggregate: vault streams.
    pub fn bare(&self) -> &Context {
        &self.context
    }

    /// Returns the undertaking of one step, which has a command id of its own.
    pub fn step(&self, name: &str) -> Self {
        Self { context: self.context.step(name), ..*self }
    }

    /// Returns the same under another command id.
    pub fn under(&self, command_id: CommandId) -> Self {
        Self { context: Context { command_id, ..self.context.clone() }, ..*self }
    }

    /// Returns the same under a command id that nothing derives: what it does is done each time.
    pub fn afresh(&self) -> Self {
        self.under(CommandId::from_uuid(random::uuid()))
    }

    /// Returns the same for an actor who has proven who they are.
    pub fn with_auth(mut self, auth: Auth) -> Self {
        self.context.auth = Some(auth);
        self
    }

    /// Returns the same in the name of a person.
    pub fn for_user(mut self, user: UserId) -> Self {
        self.context.on_behalf_of = Some(Actor::user(user));
        self
    }

    /// Where it comes from, as coarse as history keeps it: a /24, or a /48 of IPv6.
    pub fn network(&self) -> Option<String> {
        self.client.ip.map(|ip| super::usage::network(ip).to_string())
    }

    /// Returns the same for a stream of `workspace`.
    pub fn within(mut self, workspace: WorkspaceId) -> Self {
        self.context.workspace_id = Some(workspace);
        self
    }

    /// Returns the context for the stream of `id`.
    ///
    /// The client is sealed for that stream alone; where its subject's key is gone, it is left
    /// out.
    pub async fn on<A: Aggregate>(&self, id: A::Id) -> Result<Context, Error> {
        let mut context = self.context.clone();
        let (Some(subject), Some(ip)) = (self.subject, self.client.ip) else { return Ok(context) };
        let client = Client {
            ip: Some(ip.to_canonical().to_string()),
            user_agent: self.client.user_agent.clone(),
        };
        let stream = stream_of::<A>(id);
        match self.app.vault.seal(subject, &stream, CLIENT_FIELD, &client).await {
            Ok(sealed) => context.client = Some(sealed),
            Err(VaultError::KeyGone) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(context)
    }
}

/// The name of the stream of `id`.
pub fn stream_of<A: Aggregate>(id: A::Id) -> String {
    format!("{}-{id}", A::CATEGORY)
}
