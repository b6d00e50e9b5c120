//! Roles in a workspace, and what each permits.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a member is in a workspace.
///
/// VIEWER < MEMBER < ADMIN < OWNER; AUDITOR stands aside and compares with none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Member,
    Admin,
    Owner,
    Auditor,
}

/// No role is called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of viewer, member, admin, owner and auditor")]
pub struct UnknownRole;

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Member, Self::Admin, Self::Owner, Self::Auditor];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::Auditor => "auditor",
        }
    }

    /// Tells whether this role is `other` or above it.
    pub fn at_least(self, other: Self) -> bool {
        match (self.rank(), other.rank()) {
            (Some(own), Some(asked)) => own >= asked,
            (None, _) | (_, None) => self == other,
        }
    }

    /// Tells whether someone in this role may give `other`, or change who has it.
    ///
    /// An admin is below no admin, but has neither an owner's rights nor an auditor's to give.
    pub const fn governs(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => matches!(other, Self::Viewer | Self::Member | Self::Admin),
            Self::Viewer | Self::Member | Self::Auditor => false,
        }
    }

    /// What this role permits. Whether auditors see tokens is the workspace's choice.
    pub const fn permissions(self, auditor_reads_tokens: bool) -> &'static [Permission] {
        use Permission::{
            AccountsManage, AccountsRead, AuditExport, AuditRead, MembersManage, TokensManage,
            TokensRead,
        };
        match self {
            Self::Viewer => &[AccountsRead],
            Self::Member => &[AccountsRead, AccountsManage],
            Self::Admin => {
                &[TokensRead, TokensManage, AccountsRead, AccountsManage, MembersManage, AuditRead]
            }
            Self::Owner => &Permission::ALL,
            Self::Auditor if auditor_reads_tokens => {
                &[TokensRead, AccountsRead, AuditRead, AuditExport]
            }
            Self::Auditor => &[AccountsRead, AuditRead, AuditExport],
        }
    }

    pub fn permits(self, permission: Permission, auditor_reads_tokens: bool) -> bool {
        self.permissions(auditor_reads_tokens).contains(&permission)
    }

    const fn rank(self) -> Option<u8> {
        match self {
            Self::Viewer => Some(0),
            Self::Member => Some(1),
            Self::Admin => Some(2),
            Self::Owner => Some(3),
            Self::Auditor => None,
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// What someone may do in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    TokensRead,
    TokensManage,
    AccountsRead,
    AccountsManage,
    MembersManage,
    AuditRead,
    AuditExport,
    WorkspacePolicy,
    BillingPlan,
    SubjectErase,
}

impl Permission {
    pub const ALL: [Self; 10] = [
        Self::TokensRead,
        Self::TokensManage,
        Self::AccountsRead,
        Self::AccountsManage,
        Self::MembersManage,
        Self::AuditRead,
        Self::AuditExport,
        Self::WorkspacePolicy,
        Self::BillingPlan,
        Self::SubjectErase,
    ];

    /// Its name in tokens and answers; public, never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokensRead => "tokens:read",
            Self::TokensManage => "tokens:manage",
            Self::AccountsRead => "accounts:read",
            Self::AccountsManage => "accounts:manage",
            Self::MembersManage => "members:manage",
            Self::AuditRead => "audit:read",
            Self::AuditExport => "audit:export",
            Self::WorkspacePolicy => "workspace:policy",
            Self::BillingPlan => "billing:plan",
            Self::SubjectErase => "subject:erase",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_stands_aside() {
        for role in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
            assert!(Role::Owner.at_least(role) && role.at_least(Role::Viewer));
            assert!(!Role::Auditor.at_least(role) && !role.at_least(Role::Auditor));
        }
        assert!(Role::Auditor.at_least(Role::Auditor));
    }

    #[test]
    fn each_rank_may_do_what_the_one_below_may() {
        let ranks = [Role::Viewer, Role::Member, Role::Admin, Role::Owner];
        for pair in ranks.windows(2) {
            let above = pair[1].permissions(false);
            assert!(pair[0].permissions(false).iter().all(|permission| above.contains(permission)));
        }
    }

    #[test]
    fn tokens_are_for_admins_and_above_and_for_auditors_only_where_allowed() {
        let readers = |option| {
            Role::ALL.into_iter().filter(move |role| role.permits(Permission::TokensRead, option))
        };
        assert!(readers(false).eq([Role::Admin, Role::Owner]));
        assert!(readers(true).eq([Role::Admin, Role::Owner, Role::Auditor]));
        assert!(!Role::Auditor.permits(Permission::TokensManage, true));
    }

    #[test]
    fn a_role_is_written_as_it_is_read() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!("ADMIN".parse::<Role>(), Err(UnknownRole));
    }
}
