//! Members: what the provider says of people in its organisations, and their roles here.

use domain::{
    Time,
    clerk_member::{self, ClerkMember, ClerkMemberId},
    id::{UserId, WorkspaceId},
    role::Role,
    workspace::{AddMember, Authority, ChangeMemberRole, Command, Open, RemoveMember, Workspace},
};
use store::Context;

use super::message::{Member, Org, role};
use crate::{
    app::{App, ClientInfo, Request, jwt::SessionClaims},
    error::Error,
};

impl App {
    /// Lets somebody's session bring about what it claims, where a message has not done so yet.
    ///
    /// A token says what was so when it was issued; who left since then is not brought back by it.
    pub(in crate::app::identity) async fn org_claimed(
        &self,
        issuer: &str,
        claims: &SessionClaims,
        user: UserId,
        client: &ClientInfo,
    ) -> Result<(), Error> {
        let Some(claim) = claims.org().filter(|_| self.identity.orgs) else { return Ok(()) };
        let (id, role) = (self.clerk_org_id(issuer, &claim.id), role(&claim.role));
        let here = self.folds.get::<Workspace>(self.org_workspace(id)).await?;
        if here.state.role_of(user).is_some_and(|held| fulfils(held, role)) {
            return Ok(());
        }
        let member = self.clerk_member_id(issuer, &claim.id, &claims.sub);
        let said = self.log.load::<ClerkMember>(member).await?.state.said;
        if said.is_some_and(|said| said.applied && said.role == Some(role)) {
            // Changed here, since the provider said so.
            return Ok(());
        }
        let slug = claim.slug;
        let org = Org { id: claim.id, name: None, slug, created_by: None, updated_at: None };
        let at = Time::from_timestamp(claims.iat, 0).unwrap_or_else(|| self.clock.now());
        let member = Member { org, sub: claims.sub.clone(), role: Some(role), at };
        let (id, client) = (store::random::uuid(), client.clone());
        let request = Request { id, caller: None, client, idempotency_key: None };
        let (app, issuer) = (self.clone(), issuer.to_owned());
        self.uncancelled(async move { app.member_said(&request, &issuer, &member).await }).await
    }

    /// Puts on record what the provider says of somebody, and brings it about.
    pub(super) async fn member_said(
        &self,
        request: &Request,
        issuer: &str,
        member: &Member,
    ) -> Result<(), Error> {
        let Some(user_id) = self.sync_user(request, &member.sub, None).await? else {
            return Ok(());
        };
        let governs = matches!(member.role, Some(Role::Owner | Role::Admin));
        let founder = governs.then_some(user_id);
        let known = self.org_said(request, issuer, &member.org, founder).await?;
        let workspace_id = self.org_workspace(self.clerk_org_id(issuer, &member.org.id));
        let (role, source_updated_at) = (member.role, member.at);
        let say = clerk_member::Command::Say { workspace_id, user_id, role, source_updated_at };
        let id = self.clerk_member_id(issuer, &member.org.id, &member.sub);
        let context = self.system_context("SyncMember", Some(user_id));
        self.log.execute::<ClerkMember>(id, &say, &context).await?;
        match known {
            Some(workspace) => self.bring_about(id, workspace, user_id, &context).await,
            // Deleted, or not created yet: then whoever creates it says more.
            None => Ok(()),
        }
    }

    /// Makes the workspace what the provider said last of somebody.
    async fn bring_about(
        &self,
        id: ClerkMemberId,
        workspace: WorkspaceId,
        user: UserId,
        context: &Context,
    ) -> Result<(), Error> {
        let mut outdated = false;
        while let Some(said) = self.log.load::<ClerkMember>(id).await?.state.said {
            if said.applied && !outdated {
                return Ok(());
            }
            self.set_role(workspace, user, said.role, context).await?;
            let apply = clerk_member::Command::Apply { source_updated_at: said.at };
            let step = context.step(&format!("applied {}", said.at));
            let after = self.log.execute::<ClerkMember>(id, &apply, &step).await?.state.said;
            // Something else was said meanwhile, and may have been brought about before this was.
            outdated = after.is_some_and(|after| after.at != said.at);
            if !outdated {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn set_role(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        role: Option<Role>,
        context: &Context,
    ) -> Result<(), Error> {
        let state = self.log.load::<Workspace>(workspace).await?.state;
        let Some(open) = state.open() else { return Err(Error::NotFound) };
        let by = Authority::Operator;
        let command = match (open.role_of(user), role) {
            (Some(held), Some(role)) if fulfils(held, role) => return Ok(()),
            // Somebody must own it; that the provider has no owners is no reason to lose the one.
            (Some(_), Some(_)) if open.is_last_owner(user) => return Ok(()),
            (Some(_), Some(role)) => Command::ChangeMemberRole(ChangeMemberRole { user, role, by }),
            (None, Some(role)) => Command::AddMember(AddMember { user, role, by }),
            (Some(_), None) => return self.dismiss(workspace, open, user, context).await,
            (None, None) => return Ok(()),
        };
        self.change_org(workspace, &command, &context.step("member")).await
    }

    /// Takes somebody out; if nobody else owns the workspace, whoever is next to it does then.
    async fn dismiss(
        &self,
        workspace: WorkspaceId,
        open: &Open,
        user: UserId,
        context: &Context,
    ) -> Result<(), Error> {
        let by = Authority::Operator;
        if open.is_last_owner(user) {
            let others = open.members.iter().filter(|(id, member)| {
                **id != user && matches!(member.role, Role::Admin | Role::Member | Role::Viewer)
            });
            let heir = others.min_by_key(|(_, member)| {
                let admin_first = u8::from(member.role != Role::Admin);
                let member_next = u8::from(member.role == Role::Viewer);
                (admin_first, member_next, member.since)
            });
            let Some((heir, _)) = heir else {
                // Nobody is left: what it has is suspended until the operator decides.
                return self.suspend(workspace, context).await;
            };
            let (user, role) = (*heir, Role::Owner);
            let command = Command::ChangeMemberRole(ChangeMemberRole { user, role, by });
            self.change_org(workspace, &command, &context.step("heir")).await?;
        }
        let command = Command::RemoveMember(RemoveMember { user, by });
        self.change_org(workspace, &command, &context.step("member")).await
    }

    /// The stream of what the provider says of somebody in an organisation.
    fn clerk_member_id(&self, issuer: &str, org: &str, sub: &str) -> ClerkMemberId {
        let parts = [issuer.as_bytes(), org.as_bytes(), sub.as_bytes()];
        ClerkMemberId::of(&self.vault.hmac("clerk_member", &parts))
    }
}

/// The provider has no owners: who is one here fulfils what it says of admins.
fn fulfils(held: Role, said: Role) -> bool {
    held == said || held == Role::Owner && said == Role::Admin
}
