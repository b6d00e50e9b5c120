//! Messages about organisations, as far as they are of use.

use domain::{Time, role::Role};
use serde::Deserialize;
use serde_json::Value;

/// An organisation, as the provider writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Org {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) slug: Option<String>,
    #[serde(default)]
    pub(super) created_by: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<i64>,
}

/// Somebody in an organisation, as the provider writes it.
#[derive(Clone, Debug, Deserialize)]
struct Membership {
    organization: Org,
    public_user_data: Person,
    role: String,
    updated_at: i64,
}

#[derive(Clone, Debug, Deserialize)]
struct Person {
    user_id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Named {
    id: String,
}

/// What a message says of organisations.
#[derive(Clone, Debug)]
pub enum OrgEvent {
    Said(Org),
    Deleted { id: String },
    Member(Member),
}

/// Somebody's part in an organisation.
#[derive(Clone, Debug)]
pub struct Member {
    pub(super) org: Org,
    pub(super) sub: String,
    /// None for somebody who left.
    pub(super) role: Option<Role>,
    pub(super) at: Time,
}

impl OrgEvent {
    /// Reads a message of this type; none if it is not about organisations.
    pub(in crate::app::identity) fn read(
        kind: &str,
        data: Value,
        timestamp: Option<i64>,
    ) -> serde_json::Result<Option<Self>> {
        Ok(Some(match kind {
            "organization.created" | "organization.updated" => {
                Self::Said(serde_json::from_value(data)?)
            }
            "organization.deleted" => {
                let Named { id } = serde_json::from_value(data)?;
                Self::Deleted { id }
            }
            "organizationMembership.created"
            | "organizationMembership.updated"
            | "organizationMembership.deleted" => {
                let said: Membership = serde_json::from_value(data)?;
                let left = kind.ends_with("deleted");
                // What it was last is not when it ended.
                let at = if left {
                    timestamp.unwrap_or(said.updated_at + 1).max(said.updated_at + 1)
                } else {
                    said.updated_at
                };
                let at = Time::from_timestamp_millis(at)
                    .ok_or_else(|| serde::de::Error::custom("updated_at is no time"))?;
                let role = (!left).then(|| role(&said.role));
                let sub = said.public_user_data.user_id;
                Self::Member(Member { org: said.organization, sub, role, at })
            }
            _ => return Ok(None),
        }))
    }
}

/// What a role of the provider's is here; one that is not known may look, and no more.
pub(super) fn role(text: &str) -> Role {
    let name = text.strip_prefix("org:").unwrap_or(text);
    match name.strip_prefix("basic_").unwrap_or(name) {
        "owner" => Role::Owner,
        "admin" => Role::Admin,
        "member" => Role::Member,
        "auditor" => Role::Auditor,
        _ => Role::Viewer,
    }
}
