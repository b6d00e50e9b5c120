//! Access tokens: JWTs that tell other services, for an hour at most, who someone is.
//!
//! What they say was true at `perm_at`. Here nothing of them is believed but whom they name.

use std::collections::BTreeMap;

use domain::{
    Secret, Time,
    id::{FamilyId, UserId, WorkspaceId},
    user::{Person, Revision, User},
    workspace::Workspace,
};
use serde::Serialize;
use store::random;
use uuid::Uuid;

use super::{App, request::stream_of};
use crate::error::Error;

/// A signed access token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub text: Secret<String>,
    pub jti: Uuid,
    pub expires_at: Time,
    /// Seconds; the same for every token of this installation.
    pub expires_in: u64,
}

/// What an access token says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: [&'a str; 1],
    sub: String,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    user: UserClaims,
    /// What the person may do in their own workspace.
    permissions: Vec<&'static str>,
    amr: [&'static str; 1],
    /// The login; its revocation ends the token for whoever hears of it.
    fam: String,
    /// What was known of the person; a later end of credentials voids the token.
    urev: Revision,
    /// The position of the log at which all this was true.
    perm_at: String,
}

/// The person as the seed's clients know them.
#[derive(Clone, Debug, Serialize)]
pub struct UserClaims {
    pub(super) id: u64,
    pub(super) username: String,
    /// Seconds since 1970.
    joined: i64,
    group_id: u32,
    /// Between commas; empty where there is none.
    other_group_ids: String,
    membership_roles: Vec<&'static str>,
    /// Seconds since 1970; 0 where there is no end.
    premium_expiry: i64,
    permissions: BTreeMap<String, Vec<String>>,
}

impl UserClaims {
    /// The name the person signs in with; empty once they are erased.
    pub fn name(&self) -> &str {
        &self.username
    }
}

impl App {
    /// Issues an access token for a login.
    pub(super) async fn issue_access_token(
        &self,
        id: UserId,
        person: &Person,
        family: FamilyId,
    ) -> Result<AccessToken, Error> {
        let own = WorkspaceId::personal(id);
        let workspace = self.folds.get::<Workspace>(own).await?;
        let permissions = workspace.state.open().and_then(|open| {
            let role = open.role_of(id)?;
            Some(role.permissions(open.policy.auditor_reads_tokens))
        });
        let settings = &self.settings.tokens;
        let now = self.clock.now();
        let expires_at = now + settings.access_ttl.get();
        let jti = random::uuid();
        let perm_at = workspace.position.unwrap_or(store::Position::from_u64(0));
        let claims = Claims {
            iss: &settings.issuer,
            aud: [&settings.audience],
            sub: person.number.to_string(),
            jti,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires_at.timestamp(),
            user: self.user_claims(id, person).await?,
            permissions: permissions.unwrap_or_default().iter().map(|p| p.as_str()).collect(),
            amr: ["pwd"],
            fam: family.public(),
            urev: person.revision,
            perm_at: perm_at.max(self.live.position()).encode(),
        };
        let text = self.keys.sign(&claims)?;
        Ok(AccessToken { text, jti, expires_at, expires_in: settings.access_ttl.get().as_secs() })
    }

    pub(super) async fn user_claims(
        &self,
        id: UserId,
        person: &Person,
    ) -> Result<UserClaims, Error> {
        let stream = stream_of::<User>(id);
        let name = self.vault.open_sealed(&stream, "handle", &person.handle).await?;
        let membership = &person.membership;
        let groups: Vec<_> = membership.other_group_ids.iter().map(u32::to_string).collect();
        Ok(UserClaims {
            id: person.number,
            // Who is erased has no name any more.
            username: name.map(|name| name.to_string()).unwrap_or_default(),
            joined: person.registered_at.timestamp(),
            group_id: membership.group_id,
            other_group_ids: groups.join(","),
            membership_roles: membership.roles.iter().map(|role| role.as_str()).collect(),
            premium_expiry: membership.premium_expiry.map_or(0, |expiry| expiry.timestamp()),
            permissions: membership.permissions.clone(),
        })
    }
}
