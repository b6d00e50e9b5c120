//! Workspaces: their plan and who belongs to them.

use domain::{
    clerk_user::ClerkUser,
    id::{UserId, WorkspaceId},
    plan::Plan,
    role::{Permission, Role},
    username::Username,
    workspace::{
        AddMember, ChangeMemberRole, ChangePlan, ChangePolicy, Command, PolicyChange, Rejection,
        RemoveMember, Workspace,
    },
};
use store::ExecuteError;

use super::{App, Changed, Request};
use crate::error::Error;

/// Someone who is to become a member.
#[derive(Clone, Debug)]
pub enum Newcomer {
    /// As people say who it is: the name they registered with, their id at the identity provider,
    /// or their id here.
    Said(String),
    Known(UserId),
}

impl App {
    /// Sets the plan. An owner may only lower it (`PLAN_RAISE_REFUSED`); the operator and a
    /// service with `billing:manage` may raise it.
    pub async fn change_plan(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        to: Plan,
    ) -> Result<Changed<Workspace>, Error> {
        let change = move |by, at| Command::ChangePlan(ChangePlan { to, by, at });
        self.change_workspace(request, "ChangePlan", workspace, Permission::BillingPlan, change)
            .await
    }

    /// Changes what the workspace asks of its tokens; those that live are suspended by what they
    /// do not fulfil, and work again once they do.
    pub async fn change_policy(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        change: PolicyChange,
    ) -> Result<Changed<Workspace>, Error> {
        let change =
            move |by, _| Command::ChangePolicy(ChangePolicy { change: change.clone(), by });
        let permission = Permission::WorkspacePolicy;
        self.change_workspace(request, "ChangeWorkspacePolicy", workspace, permission, change).await
    }

    /// Adds a person.
    ///
    /// # Errors
    ///
    /// `USER_NOT_FOUND`, `ALREADY_MEMBER`.
    pub async fn add_member(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        newcomer: Newcomer,
        role: Role,
    ) -> Result<Changed<Workspace>, Error> {
        // Asked first, so that nobody can find out names through a workspace that is not theirs.
        self.access(request.caller()?, workspace, Permission::MembersManage).await?;
        let user = self.newcomer(newcomer).await?;
        let change = move |by, _| Command::AddMember(AddMember { user, role, by });
        self.change_workspace(request, "AddMember", workspace, Permission::MembersManage, change)
            .await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    ///
    /// `USER_NOT_FOUND`, `LAST_OWNER`.
    pub async fn change_member_role(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
    ) -> Result<Changed<Workspace>, Error> {
        let change = move |by, _| Command::ChangeMemberRole(ChangeMemberRole { user, role, by });
        let permission = Permission::MembersManage;
        self.change_workspace(request, "ChangeMemberRole", workspace, permission, change).await
    }

    /// Takes a member out; their tokens are suspended by that.
    ///
    /// # Errors
    ///
    /// `USER_NOT_FOUND`, `LAST_OWNER`.
    pub async fn remove_member(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<Changed<Workspace>, Error> {
        let change = move |by, _| Command::RemoveMember(RemoveMember { user, by });
        let permission = Permission::MembersManage;
        self.change_workspace(request, "RemoveMember", workspace, permission, change).await
    }

    async fn change_workspace(
        &self,
        request: &Request,
        name: &'static str,
        workspace: WorkspaceId,
        permission: Permission,
        command: impl Fn(domain::workspace::Authority, domain::Time) -> Command + Send + 'static,
    ) -> Result<Changed<Workspace>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let access = app.access(request.caller()?, workspace, permission).await?;
            let undertaking = app.undertake(&request, name, Some(workspace))?;
            let command = command(access.authority, undertaking.at());
            let context = undertaking.on::<Workspace>(workspace).await?;
            let outcome = app.log.execute::<Workspace>(workspace, &command, &context).await;
            let committed = outcome.map_err(|error| match error {
                ExecuteError::Rejected(Rejection::Forbidden) => Error::forbidden(permission),
                error => error.into(),
            })?;
            // The follower will say so too; the next request must not have to wait for it.
            app.folds.forget::<Workspace>(workspace);
            Ok(Changed::new(workspace, committed))
        })
        .await
    }

    async fn newcomer(&self, newcomer: Newcomer) -> Result<UserId, Error> {
        let id = match newcomer {
            Newcomer::Said(text) => self.user_said(&text).await?,
            Newcomer::Known(id) => Some(id),
        };
        if let Some(id) = id {
            let user = self.folds.get::<domain::user::User>(id).await?;
            if user.state.person().is_some_and(domain::user::Person::is_active) {
                return Ok(id);
            }
        }
        Err(Error::rejected(&Rejection::UserNotFound))
    }

    /// Finds out whom somebody means. Nobody can be found by what a read model alone knows of
    /// them, like an e-mail address.
    async fn user_said(&self, text: &str) -> Result<Option<UserId>, Error> {
        if let Ok(id) = UserId::from_public(text) {
            return Ok(Some(id));
        }
        if let Ok(name) = Username::parse(text)
            && let Some(id) = self.user_named(&name).await?
        {
            return Ok(Some(id));
        }
        let Some(provider) = &self.identity.provider else { return Ok(None) };
        let known = self.clerk_user_id(provider.issuer(), text);
        Ok(self.folds.get::<ClerkUser>(known).await?.state.bound())
    }
}
