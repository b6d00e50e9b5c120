//! What a credential may be used for.
//!
//! Agents and services have scopes of different kinds, so that one can never be
//! given the other's. A set is sorted and has no duplicates.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::aggregate::Rejection;

/// A name that is no scope of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this scope does not exist or cannot be given")]
pub struct UnknownScope;

impl Rejection for UnknownScope {
    fn code(&self) -> &'static str {
        "SCOPE_NOT_ALLOWED"
    }
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$why:meta])* $scope:ident $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$why])* #[serde(rename = $text)] $scope,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$scope),*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$scope => $text,)*
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownScope;

            fn from_str(text: &str) -> Result<Self, UnknownScope> {
                match text {
                    $($text => Ok(Self::$scope),)*
                    _ => Err(UnknownScope),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

scopes! {
    /// What an agent token may do. None lets it manage tokens, members or the plan.
    AgentScope {
        /// Connect to `/ws`.
        WsConnect "ws:connect",
        /// Read by GraphQL what its creator may read.
        Graphql "graphql",
    }

    /// What an application may do in a person's name. None lets it change the plan, the policy or
    /// the person.
    OauthScope {
        /// Sign in: an `id_token` (OpenID Connect Core 5.4).
        Openid "openid",
        /// The name the person signs in with.
        Profile "profile",
        /// The address that the identity provider knows of.
        Email "email",
        /// Access while the person is away; every grant has that here.
        OfflineAccess "offline_access",
        /// Read by GraphQL whom the person is and where they belong.
        Graphql "graphql",
        TokensRead "tokens:read",
        TokensManage "tokens:manage",
        AccountsRead "accounts:read",
        AccountsManage "accounts:manage",
        MembersManage "members:manage",
        AuditRead "audit:read",
    }

    /// What a service credential may do.
    ServiceScope {
        TokensVerify "tokens:verify",
        ClientsManage "clients:manage",
        KeysManage "keys:manage",
        ProjectionsManage "projections:manage",
        AccountsToken "accounts:token",
        BillingManage "billing:manage",
        TlogWitness "tlog:witness",
    }
}

/// A set of scopes of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "S: Ord + Deserialize<'de>"))]
pub struct ScopeSet<S>(BTreeSet<S>);

/// The scopes of an agent token; without a choice, [`AgentScope::WsConnect`].
pub type Scopes = ScopeSet<AgentScope>;
/// The scopes of an application.
pub type OauthScopes = ScopeSet<OauthScope>;
/// The scopes of a service credential.
pub type ServiceScopes = ScopeSet<ServiceScope>;

impl<S: Copy + Ord + FromStr<Err = UnknownScope>> ScopeSet<S> {
    /// Reads names; an empty list is an empty set.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownScope> {
        names.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl<S: Copy + Ord> ScopeSet<S> {
    pub const fn empty() -> Self {
        Self(BTreeSet::new())
    }

    /// Tells whether `other` has all of these too.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    pub fn contains(&self, scope: S) -> bool {
        self.0.contains(&scope)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = S> + '_ {
        self.0.iter().copied()
    }
}

/// As OAuth writes them: between single spaces (RFC 6749 3.3).
impl<S: Copy + Ord + fmt::Display> fmt::Display for ScopeSet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl<S: Ord> FromIterator<S> for ScopeSet<S> {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl Default for Scopes {
    fn default() -> Self {
        Self::from_iter([AgentScope::WsConnect])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sorted_and_has_no_duplicates() {
        let scopes = Scopes::parse(["graphql", "ws:connect", "graphql"]).unwrap();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["ws:connect","graphql"]"#);
    }

    #[test]
    fn a_scope_of_another_kind_does_not_exist() {
        assert_eq!(Scopes::parse(["tokens:verify"]), Err(UnknownScope));
        assert_eq!(ServiceScopes::parse(["ws:connect"]), Err(UnknownScope));
    }

    #[test]
    fn a_scope_is_written_as_it_is_read() {
        for scope in ServiceScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
    }
}
