//! Audit events: what happened, event by event, as auditors may read it.
//!
//! Vault streams are never among it, nor is what reactors note for themselves.
//! The log itself is the evidence; this is its index.

mod erase;
mod opened;
mod query;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use domain::{
    Aggregate, account_quota::AccountQuota, agent_token::AgentToken, audit_access::AuditAccess,
    auth_code::AuthCode, clerk_member::ClerkMember, clerk_org::ClerkOrg, clerk_user::ClerkUser,
    connected_account::ConnectedAccount, issuer::PinnedIssuer, keyring::Keyring, login::Login,
    number_sequence::NumberSequence, oauth_client::OauthClient, oauth_grant::OauthGrant,
    pairing::Pairing, pairing_code::PairingCode, pairing_guard::PairingGuard,
    platform_identity::PlatformIdentity, service_credential::ServiceCredential,
    session_token::SessionToken, subject::Subject, ticket::Ticket, token_family::TokenFamily,
    user::User, user_handle::UserHandle, workspace::Workspace, workspace_quota::WorkspaceQuota,
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::{
    opened::concerns,
    query::{AuditRow, Filter, page},
};
use crate::{
    checkpoint,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum AuditEvents {}

impl ReadModel for AuditEvents {
    const NAME: &'static str = "audit_events";
    const VERSION: i32 = 5;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/audit_events.sql");
    const CATEGORIES: &'static [&'static str] = &[
        AccountQuota::CATEGORY,
        AgentToken::CATEGORY,
        AuditAccess::CATEGORY,
        AuthCode::CATEGORY,
        ClerkMember::CATEGORY,
        ClerkOrg::CATEGORY,
        ClerkUser::CATEGORY,
        ConnectedAccount::CATEGORY,
        Keyring::CATEGORY,
        Login::CATEGORY,
        NumberSequence::CATEGORY,
        OauthClient::CATEGORY,
        OauthGrant::CATEGORY,
        PinnedIssuer::CATEGORY,
        PlatformIdentity::CATEGORY,
        Pairing::CATEGORY,
        PairingCode::CATEGORY,
        PairingGuard::CATEGORY,
        ServiceCredential::CATEGORY,
        SessionToken::CATEGORY,
        Ticket::CATEGORY,
        Subject::CATEGORY,
        TokenFamily::CATEGORY,
        User::CATEGORY,
        UserHandle::CATEGORY,
        Workspace::CATEGORY,
        WorkspaceQuota::CATEGORY,
    ];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        let mut batch = Batch::default();
        for entry in events {
            batch.push(entry);
        }
        batch.write(tx).await?;
        // Last: what follows the end of a key is blank already.
        for subject in events.iter().filter_map(|entry| entry.destroyed_subject()) {
            erase::erase(subject, tx).await?;
        }
        Ok(())
    }
}

/// The rows of one batch, a column each.
#[derive(Default)]
struct Batch {
    position: Vec<i64>,
    stream: Vec<String>,
    revision: Vec<i64>,
    event_id: Vec<Uuid>,
    event_type: Vec<String>,
    schema: Vec<i32>,
    actor: Vec<String>,
    on_behalf_of: Vec<Option<String>>,
    workspace_id: Vec<Option<Uuid>>,
    occurred_at: Vec<domain::Time>,
    correlation_id: Vec<Uuid>,
    causation_id: Vec<Option<Uuid>>,
    client_ip: Vec<Option<String>>,
    client_agent: Vec<Option<String>>,
    client_key: Vec<Option<Uuid>>,
    data: Vec<serde_json::Value>,
    redacted: Vec<String>,
    keys: Vec<serde_json::Value>,
    subjects: BTreeSet<(Uuid, i64)>,
}

impl Batch {
    fn push(&mut self, entry: &Entry) {
        let (event, metadata) = (&entry.event, &entry.event.metadata);
        let position = checkpoint::to_sql(event.position);
        let client = metadata.client.as_ref().and_then(domain::Sealed::opened);
        self.position.push(position);
        self.stream.push(event.stream.clone());
        self.revision.push(entry.revision());
        self.event_id.push(event.event_id);
        self.event_type.push(event.event_type.clone());
        self.schema.push(i32::try_from(metadata.schema).unwrap_or(i32::MAX));
        self.actor.push(text::actor(&metadata.actor));
        self.on_behalf_of.push(metadata.on_behalf_of.as_ref().map(text::actor));
        self.workspace_id.push(metadata.workspace_id.map(domain::id::WorkspaceId::as_uuid));
        self.occurred_at.push(metadata.occurred_at);
        self.correlation_id.push(metadata.correlation_id);
        self.causation_id.push(metadata.causation_id);
        self.client_ip.push(client.and_then(|client| client.ip.clone()));
        self.client_agent.push(client.and_then(|client| client.user_agent.clone()));
        self.client_key.push(entry.client_sealed_by.map(domain::id::SubjectId::as_uuid));
        self.data.push(opened::flatten(&event.data));
        self.redacted.push(text::list(BTreeSet::from_iter(&entry.blank)));
        let keys = entry.sealed_by.iter().map(|(name, key)| (name.clone(), key.to_string().into()));
        self.keys.push(serde_json::Value::Object(keys.collect()));
        self.subjects.extend(opened::subjects(entry).into_iter().map(|id| (id, position)));
    }

    async fn write(self, tx: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into event (
                position, stream, revision, event_id, type, schema, actor, on_behalf_of,
                workspace_id, occurred_at, correlation_id, causation_id, client_ip, client_agent,
                client_key, data, redacted, keys)
             select * from unnest(
                $1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::integer[],
                $7::text[], $8::text[], $9::uuid[], $10::timestamptz[], $11::uuid[], $12::uuid[],
                $13::text[], $14::text[], $15::uuid[], $16::jsonb[], $17::text[], $18::jsonb[])",
            &self.position,
            &self.stream,
            &self.revision,
            &self.event_id,
            &self.event_type,
            &self.schema,
            &self.actor,
            &self.on_behalf_of as _,
            &self.workspace_id as _,
            &self.occurred_at,
            &self.correlation_id,
            &self.causation_id as _,
            &self.client_ip as _,
            &self.client_agent as _,
            &self.client_key as _,
            &self.data,
            &self.redacted,
            &self.keys,
        )
        .execute(&mut *tx)
        .await?;
        let (subjects, positions): (Vec<_>, Vec<_>) = self.subjects.into_iter().unzip();
        sqlx::query!(
            "insert into event_subject (subject, position)
             select * from unnest($1::uuid[], $2::bigint[])",
            &subjects,
            &positions,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
