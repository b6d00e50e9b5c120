//! What a verified token lets its bearer do.

use serde_json::Value;

use crate::{InsufficientScope, claims::Claims};

/// A token that was verified. There is no other way to have one.
#[derive(Clone, Debug)]
pub struct Access(pub(crate) Claims);

impl Access {
    /// The person's number, or an application's own name where it acts for nobody.
    pub fn subject(&self) -> &str {
        &self.0.sub
    }

    /// The application that acts for the person; none where they act themselves.
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// What an application was granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scope.as_deref().unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Tells whether it is good for `scope`. A person who acts themselves is not narrowed by any.
    pub fn allows(&self, scope: &str) -> bool {
        self.client_id().is_none() || self.scopes().any(|granted| granted == scope)
    }

    /// The same, as a refusal.
    pub fn require(&self, scope: &str) -> Result<&Self, InsufficientScope> {
        if self.allows(scope) { Ok(self) } else { Err(InsufficientScope) }
    }

    /// The claim `user`; none where an application acts for nobody.
    pub fn user(&self) -> Option<&Value> {
        self.0.user.as_ref()
    }

    /// When the token ends, in seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        self.0.exp
    }

    /// The token's own name, for logs; no secret.
    pub fn token_id(&self) -> &str {
        &self.0.jti
    }

    /// The login that the token came of.
    pub fn family(&self) -> &str {
        &self.0.fam
    }
}
