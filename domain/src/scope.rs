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
/// The scopes of a service credential.
pub type ServiceScopes = ScopeSet<ServiceScope>;

impl<S: Copy + Ord + FromStr<Err = UnknownScope>> ScopeSet<S> {
    /// Reads names; an empty list is an empty set.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownScope> {
        names.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl<S: Copy + Ord> ScopeSet<S> {
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
