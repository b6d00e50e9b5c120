//! Revocations: every credential that died before its time, in the log's order.

mod query;

use domain::{
    Aggregate, Time,
    actor::Actor,
    agent_token::{self, AgentToken},
    id::{FamilyId, ServiceCredentialId, TokenId, UserId, WorkspaceId},
    keyring::{self, Keyring},
    service_credential::{self, ServiceCredential},
    token_family::{self, TokenFamily},
    user::{self, User},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::query::{RevocationRow, after};
use crate::{
    checkpoint,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum Revocations {}

impl ReadModel for Revocations {
    const NAME: &'static str = "revocations";
    const VERSION: i32 = 2;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/revocations.sql");
    const CATEGORIES: &'static [&'static str] = &[
        AgentToken::CATEGORY,
        TokenFamily::CATEGORY,
        User::CATEGORY,
        ServiceCredential::CATEGORY,
        Keyring::CATEGORY,
    ];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        let mut batch = Batch::default();
        for entry in events {
            if let Some(id) = entry.event.id_of::<AgentToken>() {
                batch.token(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<TokenFamily>() {
                batch.family(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<User>() {
                batch.user(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<ServiceCredential>() {
                batch.service_credential(id, &entry.event.decode()?, entry);
            } else if entry.event.category() == Keyring::CATEGORY {
                batch.signing_key(&entry.event.decode()?, entry);
            }
        }
        batch.write(tx).await
    }
}

/// What kind of credential died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    AgentToken,
    TokenFamily,
    AccessToken,
    /// All that was issued to a person so far.
    User,
    ServiceCredential,
    /// All that it ever signed.
    SigningKey,
}

impl CredentialKind {
    const ALL: [Self; 6] = [
        Self::AgentToken,
        Self::TokenFamily,
        Self::AccessToken,
        Self::User,
        Self::ServiceCredential,
        Self::SigningKey,
    ];

    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentToken => "AGENT_TOKEN",
            Self::TokenFamily => "TOKEN_FAMILY",
            Self::AccessToken => "ACCESS_TOKEN",
            Self::User => "USER",
            Self::ServiceCredential => "SERVICE_CREDENTIAL",
            Self::SigningKey => "SIGNING_KEY",
        }
    }
}

/// The rows of one batch.
#[derive(Default)]
struct Batch {
    created: Vec<Revocable>,
    revoked: Vec<Revoked>,
}

struct Revocable {
    credential: Uuid,
    workspace: Option<Uuid>,
    /// The person in whose name it is used; none where it speaks for itself.
    subject: Option<Uuid>,
    expires_at: Option<Time>,
}

struct Revoked {
    kind: CredentialKind,
    public_id: String,
    /// The credential whose [`Revocable`] says the rest.
    of: Option<Uuid>,
    subject: Option<Actor>,
    reason: String,
    by: String,
    expires_at: Option<Time>,
    workspace: Option<WorkspaceId>,
    at: Time,
    position: i64,
}

impl Revoked {
    fn new(kind: CredentialKind, public_id: String, reason: &str, entry: &Entry) -> Self {
        Self {
            kind,
            public_id,
            of: None,
            subject: None,
            reason: reason.to_owned(),
            by: text::actor(&entry.event.metadata.actor),
            expires_at: None,
            workspace: entry.event.metadata.workspace_id,
            at: entry.at(),
            position: checkpoint::to_sql(entry.event.position),
        }
    }
}

impl Batch {
    fn token(&mut self, id: TokenId, event: &agent_token::Event, entry: &Entry) {
        use agent_token::Event;
        let revoked = |reason| {
            let kind = CredentialKind::AgentToken;
            Revoked { of: Some(id.as_uuid()), ..Revoked::new(kind, id.public(), reason, entry) }
        };
        match event {
            Event::Created(created) => self.created.push(Revocable {
                credential: id.as_uuid(),
                workspace: Some(created.workspace_id.as_uuid()),
                subject: Some(created.acts_as.as_uuid()),
                expires_at: created.expires_at,
            }),
            Event::Revoked { reason, revoked_by, note: _ } => {
                let by = text::actor(revoked_by);
                self.revoked.push(Revoked { by, ..revoked(reason.as_str()) });
            }
            // It ends with the overlap, which its own expiry tells; a revocation may follow.
            Event::Rotated { .. }
            | Event::Renamed { .. }
            | Event::UsageObserved { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => {}
        }
    }

    fn family(&mut self, id: FamilyId, event: &token_family::Event, entry: &Entry) {
        use token_family::Event;
        match event {
            Event::Started(started) => self.created.push(Revocable {
                credential: id.as_uuid(),
                workspace: None,
                subject: Some(started.user.as_uuid()),
                expires_at: Some(started.absolute_expires_at),
            }),
            Event::Revoked { cause } => {
                let kind = CredentialKind::TokenFamily;
                let revoked = Revoked::new(kind, id.public(), cause.as_str(), entry);
                self.revoked.push(Revoked { of: Some(id.as_uuid()), ..revoked });
            }
            Event::AccessTokenRevoked { jti, exp } => {
                let kind = CredentialKind::AccessToken;
                let revoked = Revoked::new(kind, jti.to_string(), "revoked", entry);
                let of = Some(id.as_uuid());
                self.revoked.push(Revoked { of, expires_at: Some(*exp), ..revoked });
            }
            Event::Used { .. }
            | Event::Rotated { .. }
            | Event::RetryTolerated { .. }
            | Event::ReuseDetected { .. }
            | Event::Summarised(_) => {}
        }
    }

    fn user(&mut self, id: UserId, event: &user::Event, entry: &Entry) {
        use user::Event;
        let reason = match event {
            Event::CredentialsEnded { .. } => "credentials_ended",
            Event::Deactivated { .. } => "deactivated",
            Event::Registered { .. }
            | Event::CredentialSet(_)
            | Event::MembershipChanged(_)
            | Event::Locked { .. }
            | Event::Unlocked {}
            | Event::Reactivated { .. }
            | Event::ClerkLinked { .. }
            | Event::ProfileChanged { .. }
            | Event::ProfileChangeIgnored { .. }
            | Event::Erased { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => return,
        };
        let revoked = Revoked::new(CredentialKind::User, id.public(), reason, entry);
        self.revoked.push(Revoked { subject: Some(Actor::user(id)), ..revoked });
    }

    fn service_credential(
        &mut self,
        id: ServiceCredentialId,
        event: &service_credential::Event,
        entry: &Entry,
    ) {
        use service_credential::Event;
        match event {
            Event::Created(created) => self.created.push(Revocable {
                credential: id.as_uuid(),
                workspace: created.workspace_id.map(WorkspaceId::as_uuid),
                subject: None,
                expires_at: created.expires_at,
            }),
            Event::Revoked { by } => {
                let kind = CredentialKind::ServiceCredential;
                self.revoked.push(Revoked {
                    of: Some(id.as_uuid()),
                    subject: Some(Actor::service_credential(id)),
                    by: text::actor(by),
                    ..Revoked::new(kind, id.public(), "revoked", entry)
                });
            }
        }
    }

    fn signing_key(&mut self, event: &keyring::Event, entry: &Entry) {
        use keyring::Event;
        match event {
            Event::Compromised { kid } => {
                let (kind, key) = (CredentialKind::SigningKey, kid.as_str().to_owned());
                self.revoked.push(Revoked::new(kind, key, "compromised", entry));
            }
            // Retired in time, what it signed stays good until it expires.
            Event::Announced { .. }
            | Event::Activated { .. }
            | Event::Retired { .. }
            | Event::Dropped { .. }
            | Event::Summarised(_) => {}
        }
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ApplyError> {
        if !self.created.is_empty() {
            let credentials: Vec<_> = self.created.iter().map(|row| row.credential).collect();
            let subjects: Vec<_> = self.created.iter().map(|row| row.subject).collect();
            let workspaces: Vec<_> = self.created.iter().map(|row| row.workspace).collect();
            let expiries: Vec<_> = self.created.iter().map(|row| row.expires_at).collect();
            sqlx::query!(
                "insert into revocable (credential_id, workspace_id, subject, expires_at)
                 select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])",
                &credentials,
                &workspaces as _,
                &subjects as _,
                &expiries as _,
            )
            .execute(&mut *tx)
            .await?;
        }
        for revoked in self.revoked {
            write(&revoked, tx).await?;
        }
        Ok(())
    }
}

async fn write(revoked: &Revoked, tx: &mut PgConnection) -> Result<(), ApplyError> {
    let known = sqlx::query!(
        "select workspace_id, subject, expires_at from revocable where credential_id = $1",
        revoked.of,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (workspace, subject, expires_at) =
        known.map_or((None, None, None), |row| (row.workspace_id, row.subject, row.expires_at));
    let user = || subject.map(|user| Actor::user(UserId::from_uuid(user)));
    let subject = revoked.subject.clone().or_else(user);
    sqlx::query!(
        "insert into revocation (position, kind, credential_id, subject, workspace_id, reason,
                                 revoked_by, at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        revoked.position,
        revoked.kind.as_str(),
        revoked.public_id,
        subject.as_ref().map(text::actor),
        workspace.or(revoked.workspace.map(WorkspaceId::as_uuid)),
        revoked.reason,
        revoked.by,
        revoked.at,
        revoked.expires_at.or(expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
