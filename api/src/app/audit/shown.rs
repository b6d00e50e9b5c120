//! How the state of each noun is shown: in the log's own words, as its summary would be.
//!
//! Sealed fields stay as they are, under the member names they were sealed under.

use domain::{
    Aggregate,
    account_quota::AccountQuota,
    agent_token::AgentToken,
    audit_access::AuditAccess,
    auth_code::AuthCode,
    clerk_member::ClerkMember,
    clerk_org::ClerkOrg,
    clerk_user::ClerkUser,
    connect_attempt::ConnectAttempt,
    connected_account::ConnectedAccount,
    event,
    issuer::PinnedIssuer,
    keyring::Keyring,
    login::{self, Login},
    number_sequence::NumberSequence,
    oauth_client::OauthClient,
    oauth_grant::OauthGrant,
    pairing::{self, Pairing},
    pairing_code::PairingCode,
    pairing_guard::PairingGuard,
    platform_identity::PlatformIdentity,
    reactor_cursor::ReactorCursor,
    service_credential::{self, ServiceCredential},
    session_token::SessionToken,
    subject::Subject,
    ticket::Ticket,
    token_family::TokenFamily,
    user::User,
    user_handle::UserHandle,
    workspace::Workspace,
    workspace_quota::WorkspaceQuota,
};
use serde::Serialize;
use serde_json::{Value, json};

/// A state that can be shown.
pub(super) trait Shown: Aggregate {
    fn shown(&self) -> Value {
        summary(self)
    }
}

impl Shown for AccountQuota {}
impl Shown for Keyring {}
impl Shown for TokenFamily {}
impl Shown for WorkspaceQuota {}

impl Shown for AgentToken {
    fn shown(&self) -> Value {
        match self {
            Self::Unissued => Value::Null,
            Self::Abandoned => abandoned(),
            Self::Issued(_) => summary(self),
        }
    }
}

impl Shown for ConnectedAccount {
    fn shown(&self) -> Value {
        match self {
            Self::Unconnected => Value::Null,
            Self::Abandoned => abandoned(),
            Self::Connected(_) => summary(self),
        }
    }
}

impl Shown for ConnectAttempt {
    fn shown(&self) -> Value {
        match self {
            Self::Unstarted => Value::Null,
            Self::Open(started) => json!(started),
            Self::Claimed(started) => json!({ "claimed": started }),
            Self::Completed { account_id } => json!({ "account_id": account_id }),
            Self::Refused { cause } => json!({ "refused": cause }),
        }
    }
}

impl Shown for PlatformIdentity {
    fn shown(&self) -> Value {
        match self {
            Self::Free => Value::Null,
            Self::Held { account_id, since } => json!({ "held_by": account_id, "since": since }),
        }
    }
}

impl Shown for ClerkMember {
    fn shown(&self) -> Value {
        let Some(said) = self.said else { return Value::Null };
        json!({ "role": said.role, "said_at": said.at, "applied": said.applied })
    }
}

impl Shown for ClerkOrg {
    fn shown(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Bound { workspace_id, named_at } => {
                json!({ "bound_to": workspace_id, "named_at": named_at })
            }
            Self::Deleted { workspace_id } => json!({ "deleted": true, "bound_to": workspace_id }),
        }
    }
}

impl Shown for ClerkUser {
    fn shown(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Bound { user_id } => json!({ "bound_to": user_id }),
            Self::Deleted { user_id } => json!({ "deleted": true, "bound_to": user_id }),
        }
    }
}

impl Shown for Workspace {
    fn shown(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Abandoned => abandoned(),
            Self::Open(_) => summary(self),
        }
    }
}

impl Shown for User {
    fn shown(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Abandoned => abandoned(),
            Self::Registered(_) => summary(self),
        }
    }
}

impl Shown for ServiceCredential {
    fn shown(&self) -> Value {
        let Self::Issued(issued) = self else { return Value::Null };
        let service_credential::Issued { created, created_at, revoked } = &**issued;
        let revoked = revoked.as_ref().map(|revoked| json!({ "by": revoked.by, "at": revoked.at }));
        merged(json!({ "created_at": created_at, "revoked": revoked }), created)
    }
}

impl Shown for Login {
    fn shown(&self) -> Value {
        let end = |end: &login::End| json!({ "cause": end.cause, "at": end.at });
        let Self::Started(session) = self else { return json!(self.end().map(end)) };
        let times = json!({ "started_at": session.started_at, "ended": self.end().map(end) });
        merged(times, &session.started)
    }
}

impl Shown for AuthCode {
    fn shown(&self) -> Value {
        self.code().map_or(Value::Null, |code| {
            json!({ "issued": code.issued, "redeemed": code.redeemed, "replayed": code.replayed })
        })
    }
}

impl Shown for OauthClient {
    fn shown(&self) -> Value {
        let Some(client) = self.client() else { return Value::Null };
        let secrets = client.secrets.iter().map(|secret| {
            json!({ "id": secret.id, "hint": secret.hint, "expires_at": secret.expires_at })
        });
        json!({
            "registration": client.registration,
            "registered_at": client.registered_at,
            "secrets": secrets.collect::<Vec<_>>(),
            "suspended_at": client.suspended.as_ref().map(|suspension| suspension.at),
        })
    }
}

impl Shown for OauthGrant {
    fn shown(&self) -> Value {
        json!({
            "scopes": self.given().map(|given| &given.scopes),
            "since": self.given().map(|given| given.since),
            "revision": self.revision(),
        })
    }
}

impl Shown for PinnedIssuer {
    fn shown(&self) -> Value {
        json!({ "issuer": self.issuer })
    }
}

impl Shown for SessionToken {
    fn shown(&self) -> Value {
        json!(self.issued())
    }
}

impl Shown for Ticket {
    fn shown(&self) -> Value {
        match self {
            Self::Unissued => Value::Null,
            Self::Issued(issued) => json!(issued),
            Self::Spent => json!({ "spent": true }),
        }
    }
}

impl Shown for Pairing {
    fn shown(&self) -> Value {
        let Some(code) = self.last.as_deref() else { return Value::Null };
        let outcome = match &code.outcome {
            pairing::Outcome::Open => Value::Null,
            pairing::Outcome::Cancelled(at) => json!({ "cancelled_at": at }),
            pairing::Outcome::Exchanged { exchanged, at, issued } => {
                merged(json!({ "exchanged_at": at, "issued": issued }), exchanged)
            }
        };
        merged(json!({ "generated_at": code.generated_at, "outcome": outcome }), &code.generated)
    }
}

impl Shown for PairingCode {
    fn shown(&self) -> Value {
        let Self::Held { pairing_id, expires_at } = self else { return Value::Null };
        json!({ "pairing_id": pairing_id.to_string(), "expires_at": expires_at })
    }
}

impl Shown for PairingGuard {
    fn shown(&self) -> Value {
        json!({ "wrong": self.wrong, "risk": self.risk, "tripped": self.tripped })
    }
}

impl Shown for UserHandle {
    fn shown(&self) -> Value {
        match self {
            Self::Free => Value::Null,
            Self::Held { user_id, since } => json!({ "held_by": user_id, "since": since }),
            Self::Released { reusable_at } => {
                json!({ "released": true, "reusable_at": reusable_at })
            }
        }
    }
}

impl Shown for NumberSequence {
    fn shown(&self) -> Value {
        json!({ "last": self.last })
    }
}

impl Shown for Subject {
    fn shown(&self) -> Value {
        match self {
            Self::Keyless => Value::Null,
            Self::Keyed { key_ref } => json!({ "key_ref": key_ref }),
            Self::Erasing { key_ref } => json!({ "key_ref": key_ref, "erasing": true }),
            Self::Erased { receipt_hash } => {
                json!({ "erased": true, "receipt_hash": receipt_hash })
            }
        }
    }
}

impl Shown for AuditAccess {
    fn shown(&self) -> Value {
        json!({ "reads": self.reads, "exports": self.exports })
    }
}

impl Shown for ReactorCursor {
    fn shown(&self) -> Value {
        json!(self.lease())
    }
}

/// The members of `shown`, and those of `facts`.
fn merged(mut shown: Value, facts: &impl Serialize) -> Value {
    if let (Value::Object(shown), Ok(Value::Object(facts))) =
        (&mut shown, serde_json::to_value(facts))
    {
        shown.extend(facts);
    }
    shown
}

fn abandoned() -> Value {
    json!({ "abandoned": true })
}

fn summary<A: Aggregate>(state: &A) -> Value {
    state
        .summarise()
        .and_then(|summary| event::encode(&summary).ok())
        .map_or(Value::Null, |encoded| encoded.data)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{agent_token, audit_access, id::UserId, user_handle, workspace_quota};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_empty_stream_shows_nothing_that_was_not_said() {
        assert_eq!(AgentToken::default().shown(), Value::Null);
        assert_eq!(UserHandle::default().shown(), Value::Null);
        assert_eq!(ServiceCredential::default().shown(), Value::Null);
    }

    #[test]
    fn what_was_given_up_says_so() {
        let given_up =
            AgentToken::default().evolve(&agent_token::Event::Abandoned {}, DateTime::UNIX_EPOCH);
        assert_eq!(given_up.shown(), json!({ "abandoned": true }));
    }

    #[test]
    fn a_noun_without_a_summary_says_what_it_knows() {
        let user_id = UserId::from_uuid(Uuid::nil());
        let reserved = user_handle::Event::Reserved { user_id };
        let handle = UserHandle::default().evolve(&reserved, DateTime::UNIX_EPOCH);
        assert_eq!(handle.shown(), json!({ "held_by": user_id, "since": "1970-01-01T00:00:00Z" }));
        let exported = audit_access::Event::Exported {
            range: audit_access::Range::default(),
            sha256: domain::digest::Digest::of(b""),
        };
        let access = AuditAccess::default().evolve(&exported, DateTime::UNIX_EPOCH);
        assert_eq!(access.shown(), json!({ "reads": 0, "exports": 1 }));
    }

    #[test]
    fn a_noun_with_a_summary_shows_it() {
        let quota = workspace_quota::WorkspaceQuota::default();
        assert_eq!(quota.shown(), json!({ "slots": [] }));
    }
}
