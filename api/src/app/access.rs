//! Access: what a caller may do in one workspace, from its folded stream.
//!
//! Whoever is no member learns nothing, not even that the workspace exists.

use std::sync::Arc;

use domain::{
    id::{UserId, WorkspaceId},
    plan::Plan,
    role::{Permission, Role},
    scope::{OauthScopes, ServiceScope},
    workspace::{Authority, Open, Workspace},
};
use store::Loaded;

use super::{App, Caller, Who};
use crate::error::Error;

/// A workspace, and what the caller is in it.
#[derive(Clone, Debug)]
pub struct Access {
    pub workspace: WorkspaceId,
    pub loaded: Arc<Loaded<Workspace>>,
    /// The caller's role; none for operators and services, who are no members.
    pub role: Option<Role>,
    /// By what right the caller would change the workspace.
    pub authority: Authority,
    reach: Reach,
}

/// How much of its person's rights somebody uses who is not that person.
#[derive(Clone, Debug)]
enum Reach {
    All,
    /// An agent or a page uses its person's eyes, never their hands.
    Eyes,
    /// An application uses what it was let.
    Scopes(OauthScopes),
}

impl Reach {
    fn includes(&self, permission: Permission) -> bool {
        match self {
            Self::All => true,
            Self::Eyes => reads(permission),
            Self::Scopes(scopes) => scopes.iter().any(|it| it.as_str() == permission.as_str()),
        }
    }
}

impl Access {
    /// The workspace's state.
    ///
    /// # Panics
    ///
    /// Never: access is only ever made to a workspace that exists.
    pub fn open(&self) -> &Open {
        self.loaded.state.open().expect("access is made to workspaces that exist")
    }

    pub fn permits(&self, permission: Permission) -> bool {
        if !self.reach.includes(permission) {
            return false;
        }
        match (self.role, self.authority) {
            (Some(role), _) => role.permits(permission, self.open().policy.auditor_reads_tokens),
            (None, Authority::Operator) => true,
            (None, Authority::Billing) => permission == Permission::BillingPlan,
            (None, Authority::Member(_)) => false,
        }
    }

    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.permits(permission) { Ok(()) } else { Err(Error::forbidden(permission)) }
    }

    /// Refuses a workspace whose plan is below `required`.
    pub fn require_plan(&self, required: Plan) -> Result<(), Error> {
        let current = self.open().plan;
        if current >= required { Ok(()) } else { Err(Error::PlanRequired { required, current }) }
    }

    /// What the caller may do here, by the public names.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.permits(*permission)).collect()
    }
}

impl App {
    /// Returns the caller's access to `workspace`, if it includes `permission`.
    ///
    /// A workspace that the caller does not belong to is not found; one where they lack the
    /// permission is forbidden.
    pub async fn access(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        permission: Permission,
    ) -> Result<Access, Error> {
        let access = self.membership(caller, workspace).await?;
        access.require(permission)?;
        Ok(access)
    }

    /// Returns what a person may do in `workspace`, whoever asks; not found where they are no
    /// member.
    pub(super) async fn access_of(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Access, Error> {
        let loaded = self.folds.get::<Workspace>(workspace).await?;
        let open = loaded.state.open().ok_or(Error::NotFound)?;
        let role = Some(open.role_of(user).ok_or(Error::NotFound)?);
        Ok(Access {
            workspace,
            loaded,
            role,
            authority: Authority::Member(user),
            reach: Reach::All,
        })
    }

    /// Returns the caller's access to `workspace`, whatever it includes.
    pub async fn membership(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
    ) -> Result<Access, Error> {
        let loaded = self.folds.get::<Workspace>(workspace).await?;
        let open = loaded.state.open().ok_or(Error::NotFound)?;
        let (role, authority) = match &caller.who {
            Who::User { id, .. } => {
                (Some(open.role_of(*id).ok_or(Error::NotFound)?), Authority::Member(*id))
            }
            Who::AgentToken { workspace: own, acts_as, .. }
            | Who::SessionToken { workspace: own, user: acts_as, .. } => {
                if *own != workspace {
                    return Err(Error::NotFound);
                }
                let role = open.role_of(*acts_as).ok_or(Error::NotFound)?;
                (Some(role), Authority::Member(*acts_as))
            }
            Who::OauthClient { user, .. } => {
                (Some(open.role_of(*user).ok_or(Error::NotFound)?), Authority::Member(*user))
            }
            Who::Service { scopes, workspace: bound, .. } => {
                if bound.is_some_and(|bound| bound != workspace)
                    || !scopes.contains(ServiceScope::BillingManage)
                {
                    return Err(Error::NotFound);
                }
                (None, Authority::Billing)
            }
            Who::Operator { .. } => (None, Authority::Operator),
        };
        let reach = match &caller.who {
            Who::AgentToken { .. } | Who::SessionToken { .. } => Reach::Eyes,
            Who::OauthClient { scopes, .. } => Reach::Scopes(scopes.clone()),
            Who::User { .. } | Who::Service { .. } | Who::Operator { .. } => Reach::All,
        };
        Ok(Access { workspace, loaded, role, authority, reach })
    }
}

const fn reads(permission: Permission) -> bool {
    match permission {
        Permission::TokensRead | Permission::AccountsRead | Permission::AuditRead => true,
        Permission::TokensManage
        | Permission::AccountsManage
        | Permission::MembersManage
        | Permission::AuditExport
        | Permission::WorkspacePolicy
        | Permission::BillingPlan
        | Permission::SubjectErase => false,
    }
}
