//! The rows that a batch of events makes.

use domain::{
    Time,
    actor::Actor,
    agent_token,
    id::{FamilyId, OauthClientId, ServiceCredentialId, TokenId, UserId, WorkspaceId},
    keyring, oauth_client, service_credential, token_family, user,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::CredentialKind;
use crate::{checkpoint, entry::Entry, error::ApplyError, text};

/// The rows of one batch.
#[derive(Default)]
pub(super) struct Batch {
    created: Vec<Revocable>,
    changed: Vec<Change>,
}

/// What later rows may depend on, so the order counts.
enum Change {
    Revoked(Box<Revoked>),
    /// One more event of this person that is no fact; see [`Revoked::facts`].
    Summarised(Uuid),
}

struct Revocable {
    credential: Uuid,
    workspace: Option<Uuid>,
    /// The person in whose name it is used; none where it speaks for itself.
    subject: Option<Uuid>,
    expires_at: Option<Time>,
    /// What access tokens call it.
    name: Option<String>,
}

struct Revoked {
    kind: CredentialKind,
    public_id: String,
    /// What access tokens call it, where that is known from this event.
    name: Option<String>,
    /// How many events its stream has with this one; for a person, whose tokens say how many facts
    /// were known: the events without the summaries.
    facts: Option<u64>,
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
            name: None,
            facts: None,
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
    pub(super) fn token(&mut self, id: TokenId, event: &agent_token::Event, entry: &Entry) {
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
                name: None,
            }),
            Event::Revoked { reason, revoked_by, note: _ } => {
                let by = text::actor(revoked_by);
                self.revoked(Revoked { by, ..revoked(reason.as_str()) });
            }
            // It ends with the overlap, which its own expiry tells; a revocation may follow.
            Event::Rotated { .. }
            | Event::Renamed { .. }
            | Event::UsageObserved { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => {}
        }
    }

    pub(super) fn family(&mut self, id: FamilyId, event: &token_family::Event, entry: &Entry) {
        use token_family::Event;
        match event {
            Event::Started(started) => self.created.push(Revocable {
                credential: id.as_uuid(),
                workspace: None,
                subject: Some(started.user.as_uuid()),
                expires_at: Some(started.absolute_expires_at),
                name: None,
            }),
            Event::Revoked { cause } => {
                let kind = CredentialKind::TokenFamily;
                let revoked = Revoked::new(kind, id.public(), cause.as_str(), entry);
                let name = Some(id.public());
                self.revoked(Revoked { of: Some(id.as_uuid()), name, ..revoked });
            }
            Event::AccessTokenRevoked { jti, exp } => {
                let kind = CredentialKind::AccessToken;
                let revoked = Revoked::new(kind, jti.to_string(), "revoked", entry);
                let (of, name) = (Some(id.as_uuid()), Some(jti.to_string()));
                self.revoked(Revoked { of, name, expires_at: Some(*exp), ..revoked });
            }
            Event::Used { .. }
            | Event::Rotated { .. }
            | Event::RetryTolerated { .. }
            | Event::ReuseDetected { .. }
            | Event::Summarised(_) => {}
        }
    }

    pub(super) fn user(&mut self, id: UserId, event: &user::Event, entry: &Entry) {
        use user::Event;
        let reason = match event {
            Event::CredentialsEnded { .. } => "credentials_ended",
            Event::Deactivated { .. } => "deactivated",
            Event::Registered { number, .. } => {
                self.created.push(Revocable {
                    credential: id.as_uuid(),
                    workspace: None,
                    subject: Some(id.as_uuid()),
                    expires_at: None,
                    name: Some(number.to_string()),
                });
                return;
            }
            Event::Summarised(_) => {
                self.changed.push(Change::Summarised(id.as_uuid()));
                return;
            }
            Event::CredentialSet(_)
            | Event::MembershipChanged(_)
            | Event::Locked { .. }
            | Event::Unlocked {}
            | Event::Reactivated { .. }
            | Event::ClerkLinked { .. }
            | Event::ProfileChanged { .. }
            | Event::ProfileChangeIgnored { .. }
            | Event::Erased { .. }
            | Event::Abandoned {} => return,
        };
        let revoked = Revoked::new(CredentialKind::User, id.public(), reason, entry);
        let facts = Some(entry.event.revision + 1);
        self.revoked(Revoked { of: Some(id.as_uuid()), facts, ..revoked });
    }

    pub(super) fn service_credential(
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
                name: None,
            }),
            Event::Revoked { by } => {
                let kind = CredentialKind::ServiceCredential;
                self.revoked(Revoked {
                    of: Some(id.as_uuid()),
                    subject: Some(Actor::service_credential(id)),
                    by: text::actor(by),
                    ..Revoked::new(kind, id.public(), "revoked", entry)
                });
            }
        }
    }

    pub(super) fn client(&mut self, id: OauthClientId, event: &oauth_client::Event, entry: &Entry) {
        use oauth_client::Event;
        let reason = match event {
            Event::Registered(registration) => {
                self.created.push(Revocable {
                    credential: id.as_uuid(),
                    workspace: None,
                    subject: None,
                    expires_at: None,
                    name: Some(registration.client_id.as_str().to_owned()),
                });
                return;
            }
            Event::Suspended { .. } => "suspended",
            // What it held counts again.
            Event::Reinstated {} => "reinstated",
            Event::Updated { .. } | Event::SecretAdded { .. } | Event::SecretExpired { .. } => {
                return;
            }
        };
        let revoked = Revoked::new(CredentialKind::Client, id.public(), reason, entry);
        let subject = Some(Actor::oauth_client(id));
        self.revoked(Revoked { of: Some(id.as_uuid()), subject, ..revoked });
    }

    pub(super) fn signing_key(&mut self, event: &keyring::Event, entry: &Entry) {
        use keyring::Event;
        match event {
            Event::Compromised { kid } => {
                let (kind, key) = (CredentialKind::SigningKey, kid.as_str().to_owned());
                let revoked = Revoked::new(kind, key.clone(), "compromised", entry);
                self.revoked(Revoked { name: Some(key), ..revoked });
            }
            // Retired in time, what it signed stays good until it expires.
            Event::Announced { .. }
            | Event::Activated { .. }
            | Event::Retired { .. }
            | Event::Dropped { .. }
            | Event::Summarised(_) => {}
        }
    }

    fn revoked(&mut self, revoked: Revoked) {
        self.changed.push(Change::Revoked(Box::new(revoked)));
    }

    pub(super) async fn write(self, tx: &mut PgConnection) -> Result<(), ApplyError> {
        if !self.created.is_empty() {
            let credentials: Vec<_> = self.created.iter().map(|row| row.credential).collect();
            let subjects: Vec<_> = self.created.iter().map(|row| row.subject).collect();
            let workspaces: Vec<_> = self.created.iter().map(|row| row.workspace).collect();
            let expiries: Vec<_> = self.created.iter().map(|row| row.expires_at).collect();
            let names: Vec<_> = self.created.iter().map(|row| row.name.clone()).collect();
            sqlx::query!(
                "insert into revocable (credential_id, workspace_id, subject, expires_at, name)
                 select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[],
                                      $5::text[])",
                &credentials,
                &workspaces as _,
                &subjects as _,
                &expiries as _,
                &names as _,
            )
            .execute(&mut *tx)
            .await?;
        }
        for change in self.changed {
            match change {
                Change::Revoked(revoked) => write(*revoked, tx).await?,
                Change::Summarised(user) => summarised(user, tx).await?,
            }
        }
        Ok(())
    }
}

async fn summarised(user: Uuid, tx: &mut PgConnection) -> Result<(), ApplyError> {
    sqlx::query!("update revocable set summaries = summaries + 1 where credential_id = $1", user)
        .execute(tx)
        .await?;
    Ok(())
}

async fn write(revoked: Revoked, tx: &mut PgConnection) -> Result<(), ApplyError> {
    let known = sqlx::query!("select * from revocable where credential_id = $1", revoked.of)
        .fetch_optional(&mut *tx)
        .await?;
    let known = known.as_ref();
    let user = known.and_then(|row| row.subject).map(|id| Actor::user(UserId::from_uuid(id)));
    let subject = revoked.subject.or(user);
    let workspace = known.and_then(|row| row.workspace_id);
    let name = revoked.name.or_else(|| known.and_then(|row| row.name.clone()));
    let summaries = known.map_or(0, |row| row.summaries);
    sqlx::query!(
        "insert into revocation (position, kind, credential_id, subject, workspace_id, reason,
                                 revoked_by, at, expires_at, name, facts)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        revoked.position,
        revoked.kind.as_str(),
        revoked.public_id,
        subject.as_ref().map(text::actor),
        workspace.or(revoked.workspace.map(WorkspaceId::as_uuid)),
        revoked.reason,
        revoked.by,
        revoked.at,
        revoked.expires_at.or(known.and_then(|row| row.expires_at)),
        name,
        revoked.facts.map(|events| events.cast_signed() - summaries),
    )
    .execute(tx)
    .await?;
    Ok(())
}
