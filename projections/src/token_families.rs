//! Token families: logins and their rotations, for people to see and to end.
//!
//! Whether a refresh token is good is decided on its stream, never here.

use domain::{
    Aggregate, Time,
    id::{FamilyId, OauthClientId, UserId},
    token_family::{Event, TokenFamily},
    user::{self, User},
};
use sqlx::PgConnection;

use crate::{
    Result,
    database::Database,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
};

pub(crate) enum TokenFamilies {}

impl ReadModel for TokenFamilies {
    const NAME: &'static str = "token_families";
    const VERSION: i32 = 2;
    const TABLES: &'static str = include_str!("../../migrations/read_models/token_families.sql");
    const CATEGORIES: &'static [&'static str] = &[TokenFamily::CATEGORY, User::CATEGORY];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<TokenFamily>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            } else if let Some(id) = entry.event.id_of::<User>() {
                apply_to_person(id, &entry.event.decode()?, tx).await?;
            }
        }
        Ok(())
    }
}

async fn apply(
    id: FamilyId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let (id, at) = (id.as_uuid(), entry.at());
    match event {
        Event::Started(started) => {
            sqlx::query!(
                "insert into family (family_id, kind, user_id, client, user_revision, started_at,
                                     last_used, idle_ttl_s, absolute_expires_at, generation)
                 values ($1, $2, $3, $9, $4, $5, $6, $7, $8, 1)",
                id,
                started.kind.as_str(),
                started.user.as_uuid(),
                started.user_revision.as_number().cast_signed(),
                at,
                at.date_naive(),
                i64::from(started.idle_ttl_s),
                started.absolute_expires_at,
                started.oauth.as_ref().map(|binding| binding.client.as_uuid()),
            )
            .execute(tx)
            .await?;
        }
        Event::Used { day } => {
            sqlx::query!(
                "update family set last_used = greatest(last_used, $2) where family_id = $1",
                id,
                day,
            )
            .execute(tx)
            .await?;
        }
        Event::Rotated { generation, .. } => {
            sqlx::query!(
                "update family set generation = $2, last_used = greatest(last_used, $3)
                  where family_id = $1",
                id,
                generation.cast_signed(),
                at.date_naive(),
            )
            .execute(tx)
            .await?;
        }
        // A family that never started has no row, and needs none.
        Event::Revoked { cause } => {
            sqlx::query!(
                "update family set revoked_at = $2, revocation_cause = $3
                  where family_id = $1 and revoked_at is null",
                id,
                at,
                cause.as_str(),
            )
            .execute(tx)
            .await?;
        }
        Event::RetryTolerated { .. }
        | Event::ReuseDetected { .. }
        | Event::AccessTokenRevoked { .. }
        | Event::Summarised(_) => {}
    }
    Ok(())
}

async fn apply_to_person(
    id: UserId,
    event: &user::Event,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    use user::Event;
    let (ends, deactivated) = match event {
        Event::Abandoned {} | Event::Summarised(_) => return Ok(()),
        Event::CredentialsEnded { .. } => (true, None),
        Event::Deactivated { .. } => (true, Some(true)),
        Event::Reactivated { .. } => (false, Some(false)),
        Event::Registered { .. }
        | Event::CredentialSet(_)
        | Event::MembershipChanged(_)
        | Event::Locked { .. }
        | Event::ClerkLinked { .. }
        | Event::ProfileChanged { .. }
        | Event::ProfileChangeIgnored { .. }
        | Event::Erased { .. }
        | Event::Unlocked {} => (false, None),
    };
    sqlx::query!(
        "insert into family_person as p (user_id, facts, ended_at_fact, deactivated)
         values ($1, 1, 0, false)
         on conflict (user_id) do update set
            facts = p.facts + 1,
            ended_at_fact = case when $2 then p.facts + 1 else p.ended_at_fact end,
            deactivated = coalesce($3, p.deactivated)",
        id.as_uuid(),
        ends,
        deactivated,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The families through which one application acts for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationFamilies {
    pub client: OauthClientId,
    pub ids: Vec<FamilyId>,
    /// The start of the day of their last use.
    pub last_used_at: Time,
}

/// Returns the families of applications of `user` that are not revoked, by application.
///
/// A person's own: whoever calls this is that person, or acts for them.
pub async fn of_applications(
    db: &Database,
    user: UserId,
    at: Time,
) -> Result<Vec<ApplicationFamilies>> {
    let found = sqlx::query!(
        r#"select client as "client!", array_agg(family_id) as "ids!",
                  max(last_used)::timestamp at time zone 'UTC' as "last_used_at!"
             from family
            where user_id = $1 and client is not null and revoked_at is null
              and absolute_expires_at > $2
            group by client"#,
        user.as_uuid(),
        at,
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| ApplicationFamilies {
        client: OauthClientId::from_uuid(row.client),
        ids: row.ids.into_iter().map(FamilyId::from_uuid).collect(),
        last_used_at: row.last_used_at,
    });
    Ok(rows.collect())
}

/// One login that is still good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyRow {
    pub id: FamilyId,
    /// How it began, e.g. `register`.
    pub kind: String,
    /// The application that acts through it; none for a person's own program.
    pub client: Option<OauthClientId>,
    pub started_at: Time,
    /// The start of the day of its last use.
    pub last_used_at: Time,
    /// When it ends unless it is used again.
    pub expires_at: Time,
    /// How often its refresh token was issued.
    pub generation: u64,
}

/// Returns the logins of `user` that are good at `at`, the newest first; at most a hundred.
///
/// A person's own: whoever calls this is that person, or acts for them.
pub async fn of_user(db: &Database, user: UserId, at: Time) -> Result<Vec<FamilyRow>> {
    let found = sqlx::query!(
        r#"select family_id as "family_id!", kind as "kind!", client, started_at as "started_at!",
                  last_used::timestamp at time zone 'UTC' as "last_used_at!",
                  expires_at as "expires_at!", generation as "generation!"
             from (
                select family.*,
                       -- Idleness begins when the day of the last use ends.
                       least(absolute_expires_at,
                             (last_used + 1)::timestamp at time zone 'UTC'
                                 + make_interval(secs => idle_ttl_s)) as expires_at
                  from family
             ) family
             left join family_person person using (user_id)
            where user_id = $1 and revoked_at is null and expires_at > $2
              and not coalesce(person.deactivated, false)
              and user_revision >= coalesce(person.ended_at_fact, 0)
            order by started_at desc, family_id
            limit 100"#,
        user.as_uuid(),
        at,
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| FamilyRow {
        id: FamilyId::from_uuid(row.family_id),
        kind: row.kind,
        client: row.client.map(OauthClientId::from_uuid),
        started_at: row.started_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        generation: row.generation.cast_unsigned(),
    });
    Ok(rows.collect())
}
