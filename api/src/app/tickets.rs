//! Tickets: for half a minute, one socket may be opened in a credential's stead.
//!
//! A URL is seen by more than its client; a ticket in it is worthless once it was used.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Secret,
    actor::Actor,
    id::{TicketId, WorkspaceId},
    opaque_token::{self, Kind, Presented},
    scope::AgentScope,
    secret::SecretHash,
    ticket::{Command, Credential, Issued, Rejection, Spend, Ticket},
};
use store::{ExecuteError, random};

use super::{
    App, Request, Who,
    bearer::{Proof, auth},
    request::Undertaking,
    verify::Code,
};
use crate::error::Error;

/// How long a ticket lasts, in seconds.
pub const TTL_S: u32 = 30;

impl App {
    /// Issues a ticket in the stead of whatever was presented.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`]; [`Error::Forbidden`] for a credential that opens no sockets;
    /// [`Error::RateLimited`].
    pub async fn issue_ticket(
        &self,
        request: &Request,
        proof: &Proof,
        workspace: Option<WorkspaceId>,
    ) -> Result<Secret<String>, Error> {
        self.throttle.tickets.admit(request.client.ip, self.clock.now())?;
        let (app, mut request, proof) = (self.clone(), request.clone(), proof.clone());
        self.uncancelled(async move {
            let credential = app.credential_of(&mut request, &proof, workspace).await?;
            let undertaking = app.ticket_undertaking(&request)?;
            let id = TicketId::derived(undertaking.command_id(), "ticket");
            let ticket = opaque_token::write(Kind::Ticket, id.as_uuid(), &random::bytes());
            let issue = Command::Issue(Issued {
                credential,
                secret_sha256: SecretHash::of(ticket.expose()),
                expires_at: undertaking.at() + TimeDelta::seconds(TTL_S.into()),
            });
            let context = undertaking.on::<Ticket>(id).await?;
            app.log.execute::<Ticket>(id, &issue, &context).await?;
            Ok(ticket)
        })
        .await
    }

    /// Spends a ticket and returns what it stands for; of any number at once, one succeeds.
    pub(crate) async fn spend_ticket(&self, text: &str) -> Result<Credential, Error> {
        let presented = opaque_token::read(text).filter(|it| it.kind == Kind::Ticket);
        let Presented { id, hash, .. } = presented.ok_or(Error::Unauthenticated)?;
        let (app, id) = (self.clone(), TicketId::from_uuid(id));
        self.uncancelled(async move {
            let loaded = app.log.load::<Ticket>(id).await?;
            let Ticket::Issued(issued) = loaded.state else { return Err(Error::Unauthenticated) };
            let request = Request {
                id: random::uuid(),
                caller: None,
                client: super::ClientInfo::default(),
                idempotency_key: None,
            };
            let undertaking = app
                .undertake_as(&request, "SpendTicket", Actor::system("tickets"), "", None)
                .with_auth(auth("ticket", id.public()));
            let spend = Command::Spend(Spend { presented: hash, at: undertaking.at() });
            let context = undertaking.on::<Ticket>(id).await?;
            match app.log.execute::<Ticket>(id, &spend, &context).await {
                Ok(_) => Ok(issued.credential),
                Err(ExecuteError::Rejected(
                    Rejection::NotFound
                    | Rejection::Spent
                    | Rejection::Expired
                    | Rejection::AlreadyIssued,
                )) => Err(Error::Unauthenticated),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// What a ticket is asked for by. An agent's token need not be good for anything but sockets.
    async fn credential_of(
        &self,
        request: &mut Request,
        proof: &Proof,
        workspace: Option<WorkspaceId>,
    ) -> Result<Credential, Error> {
        let ip = request.client.ip;
        if let Proof::Bearer(text) = proof
            && let Some(Presented { kind: Kind::Agent, .. }) = opaque_token::read(text.expose())
        {
            return self.agents_credential(request, text, ip).await;
        }
        let caller = self.caller_from(proof, &request.client).await?;
        let credential = match caller.who {
            Who::SessionToken { id, .. } => Credential::SessionToken { id },
            Who::User { id: user, via } => {
                let workspace = workspace.unwrap_or_else(|| WorkspaceId::personal(user));
                self.access_of(user, workspace).await?;
                Credential::Session { via, user, workspace }
            }
            Who::AgentToken { .. }
            | Who::OauthClient { .. }
            | Who::Service { .. }
            | Who::Operator { .. } => {
                return Err(Error::Forbidden { permission: AgentScope::WsConnect.as_str() });
            }
        };
        request.caller = Some(caller);
        Ok(credential)
    }

    async fn agents_credential(
        &self,
        request: &mut Request,
        text: &Secret<String>,
        ip: Option<IpAddr>,
    ) -> Result<Credential, Error> {
        let verdict = self.verify(text.expose(), AgentScope::WsConnect, ip).await?;
        let Some((id, token)) = verdict.token().filter(|_| verdict.is_valid()) else {
            return Err(match verdict.code {
                Code::InsufficientScope => {
                    Error::Forbidden { permission: AgentScope::WsConnect.as_str() }
                }
                _ => Error::Unauthenticated,
            });
        };
        request.caller = Some(super::Caller {
            who: Who::AgentToken {
                id,
                workspace: token.workspace_id,
                acts_as: token.acts_as,
                scopes: token.scopes.clone(),
            },
            auth: auth("agent_token", id.public()),
            until: token.ends_at(),
        });
        Ok(Credential::AgentToken { id })
    }

    fn ticket_undertaking<'a>(&'a self, request: &'a Request) -> Result<Undertaking<'a>, Error> {
        let workspace = match request.caller()?.who {
            Who::AgentToken { workspace, .. } | Who::SessionToken { workspace, .. } => {
                Some(workspace)
            }
            Who::User { .. }
            | Who::OauthClient { .. }
            | Who::Service { .. }
            | Who::Operator { .. } => None,
        };
        Ok(self.undertake(request, "IssueTicket", workspace)?.afresh())
    }
}
