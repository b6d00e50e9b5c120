//! Organisations of the identity provider, where they are to be workspaces: each is one, and its
//! members are members there.
//!
//! What the provider says of somebody is put on record and then brought about, by whoever comes
//! next if need be: a message that comes again, or a session that acts for the organisation. Who
//! created it is the owner; what members change here holds until the provider says something new.

mod members;
mod message;

use domain::{
    Time,
    clerk_org::{self, ClerkOrg, ClerkOrgId},
    id::{UserId, WorkspaceId},
    plan::Plan,
    role::Role,
    text::WorkspaceName,
    workspace::{
        Authority, ChangePlan, Command, Create, Rejection, RemoveMember, Rename, Workspace,
    },
};
use store::{Context, ExecuteError};
use uuid::Builder;

use self::message::Org;
pub(super) use self::message::OrgEvent;
use crate::{
    app::{App, Request, request::stream_of},
    error::Error,
};

impl App {
    /// Does what follows from a message.
    pub(super) async fn org_event(&self, request: &Request, event: OrgEvent) -> Result<(), Error> {
        let Some(provider) = &self.identity.provider else { return Err(Error::NotFound) };
        let issuer = provider.issuer();
        match event {
            OrgEvent::Said(org) => self.org_said(request, issuer, &org, None).await.map(drop),
            OrgEvent::Deleted { id } => self.org_deleted(issuer, &id).await,
            OrgEvent::Member(member) => self.member_said(request, issuer, &member).await,
        }
    }

    /// Makes an organisation known; none if it is deleted, or nobody is there to own it.
    async fn org_said(
        &self,
        request: &Request,
        issuer: &str,
        org: &Org,
        founder: Option<UserId>,
    ) -> Result<Option<WorkspaceId>, Error> {
        let id = self.clerk_org_id(issuer, &org.id);
        let workspace = self.org_workspace(id);
        let state = self.log.load::<ClerkOrg>(id).await?.state;
        if matches!(state, ClerkOrg::Deleted { .. }) {
            return Ok(None);
        }
        let here = self.log.load::<Workspace>(workspace).await?.state;
        let is_new = here.open().is_none();
        let owner = match &org.created_by {
            Some(sub) if is_new => self.sync_user(request, sub, None).await?.or(founder),
            _ => founder,
        };
        let context = self.system_context("SyncOrganisation", owner);
        let bind = clerk_org::Command::Bind { workspace_id: workspace };
        match self.log.execute::<ClerkOrg>(id, &bind, &context.step("bind")).await {
            Ok(_) => {}
            Err(ExecuteError::Rejected(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if is_new {
            let Some(owner) = owner else { return Ok(None) };
            self.found(workspace, org, owner, &context).await?;
        }
        let Some(at) = org.updated_at.and_then(Time::from_timestamp_millis) else {
            return Ok(Some(workspace));
        };
        let name = clerk_org::Command::Name { source_updated_at: at };
        let named = self.log.execute::<ClerkOrg>(id, &name, &context.step("named")).await;
        match named {
            Ok(news) if !news.events.is_empty() && !is_new => {
                let name = self.seal_org_name(workspace, org).await?;
                let rename = Command::Rename(Rename { name, by: Authority::Operator });
                self.change_org(workspace, &rename, &context.step("rename")).await?;
            }
            Ok(_) | Err(ExecuteError::Rejected(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Some(workspace))
    }

    /// Its key, then the workspace; each may be there already.
    async fn found(
        &self,
        workspace: WorkspaceId,
        org: &Org,
        owner: UserId,
        context: &Context,
    ) -> Result<(), Error> {
        self.create_workspace_key(workspace, context).await?;
        let (name, plan) = (self.seal_org_name(workspace, org).await?, self.settings.default_plan);
        let create = Command::Create(Create { owner, name, plan });
        self.change_org(workspace, &create, &context.step("workspace")).await
    }

    async fn seal_org_name(
        &self,
        workspace: WorkspaceId,
        org: &Org,
    ) -> Result<domain::Sealed<WorkspaceName>, Error> {
        let said = [org.name.as_deref(), org.slug.as_deref(), Some(org.id.as_str())];
        let name = said.into_iter().flatten().find_map(|name| WorkspaceName::parse(name).ok());
        let name = name.ok_or_else(|| Error::invalid("the organisation has no name"))?;
        let stream = stream_of::<Workspace>(workspace);
        Ok(self.vault.seal(workspace.into(), &stream, "name", &name).await?)
    }

    /// Nothing of it works any more, and nobody but an owner sees it.
    async fn org_deleted(&self, issuer: &str, id: &str) -> Result<(), Error> {
        let id = self.clerk_org_id(issuer, id);
        let context = self.system_context("DeleteOrganisation", None);
        let delete = clerk_org::Command::Delete;
        let deleted = self.log.execute::<ClerkOrg>(id, &delete, &context).await?;
        let Some(workspace) = deleted.state.workspace() else { return Ok(()) };
        let state = self.log.load::<Workspace>(workspace).await?.state;
        let Some(open) = state.open() else { return Ok(()) };
        self.suspend(workspace, &context).await?;
        let keeps = open.members.iter().find(|(_, member)| member.role == Role::Owner);
        let keeps = keeps.map(|(id, _)| *id);
        for user in open.members.keys().copied().filter(|user| Some(*user) != keeps) {
            let command = Command::RemoveMember(RemoveMember { user, by: Authority::Operator });
            let step = context.step(&format!("member {user}"));
            self.change_org(workspace, &command, &step).await?;
        }
        Ok(())
    }

    async fn suspend(&self, workspace: WorkspaceId, context: &Context) -> Result<(), Error> {
        let (to, by, at) = (Plan::Free, Authority::Operator, context.occurred_at);
        let command = Command::ChangePlan(ChangePlan { to, by, at });
        self.change_org(workspace, &command, &context.step("plan")).await
    }

    /// Changes a workspace; that somebody else has done it is as good.
    async fn change_org(
        &self,
        workspace: WorkspaceId,
        command: &Command,
        context: &Context,
    ) -> Result<(), Error> {
        let context = Context { workspace_id: Some(workspace), ..context.clone() };
        let outcome = self.log.execute::<Workspace>(workspace, command, &context).await;
        self.folds.forget::<Workspace>(workspace);
        match outcome {
            Ok(_)
            | Err(ExecuteError::Rejected(
                Rejection::AlreadyCreated | Rejection::AlreadyMember | Rejection::UserNotFound,
            )) => Ok(()),
            Err(ExecuteError::Rejected(Rejection::LastOwner)) => Err(Error::Contended),
            Err(error) => Err(error.into()),
        }
    }

    /// The stream that says which workspace an organisation of the provider's is.
    fn clerk_org_id(&self, issuer: &str, org: &str) -> ClerkOrgId {
        ClerkOrgId::of(&self.vault.hmac("clerk_org", &[issuer.as_bytes(), org.as_bytes()]))
    }

    fn org_workspace(&self, org: ClerkOrgId) -> WorkspaceId {
        let mac = self.vault.hmac("clerk_org_workspace", &[org.to_string().as_bytes()]);
        let half = *mac.first_chunk().expect("32 bytes are more than 16");
        WorkspaceId::from_uuid(Builder::from_custom_bytes(half).into_uuid())
    }
}
