//! Users: people, as others see them.
//!
//! A person belongs to no workspace, so nothing here takes a scope: whoever
//! asks for a person names them by an id that a scoped query returned.

use domain::{
    Aggregate, Time,
    id::{SubjectId, UserId},
    user::{Event, Membership, Origin, Profile, User},
    username::Username,
};
use sqlx::{PgConnection, postgres::PgQueryResult};
use uuid::Uuid;

use crate::{
    Result,
    database::Database,
    entry::{Entry, SUBJECT},
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum Users {}

impl ReadModel for Users {
    const NAME: &'static str = "users";
    const VERSION: i32 = 2;
    const TABLES: &'static str = include_str!("../../migrations/read_models/users.sql");
    const CATEGORIES: &'static [&'static str] = &[User::CATEGORY, SUBJECT];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<User>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            } else if let Some(subject) = entry.destroyed_subject() {
                blank(subject, tx).await?;
            }
        }
        Ok(())
    }
}

async fn apply(
    id: UserId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let id = id.as_uuid();
    let changed =
        match event {
            Event::Registered { number, handle, origin, subject_key_id } => {
                sqlx::query!(
                "insert into account (user_id, number, username, subject_key, origin, joined_at,
                                      membership_roles)
                 values ($1, $2, $3, $4, $5, $6, $7)",
                id,
                number.cast_signed(),
                handle.opened().map(Username::as_str),
                subject_key_id.as_uuid(),
                origin_name(*origin),
                entry.at(),
                roles(&Membership::default()),
            )
                .execute(tx)
                .await?
            }
            Event::MembershipChanged(membership) => sqlx::query!(
                "update account set membership_roles = $2, premium_expiry = $3 where user_id = $1",
                id,
                roles(membership),
                membership.premium_expiry,
            )
            .execute(tx)
            .await?,
            Event::Locked { until, cause: _ } => {
                sqlx::query!("update account set locked_until = $2 where user_id = $1", id, until)
                    .execute(tx)
                    .await?
            }
            Event::Unlocked {} => {
                sqlx::query!("update account set locked_until = null where user_id = $1", id)
                    .execute(tx)
                    .await?
            }
            Event::Deactivated { cause: _ } => {
                let at = entry.at();
                sqlx::query!("update account set deactivated_at = $2 where user_id = $1", id, at)
                    .execute(tx)
                    .await?
            }
            Event::Reactivated { cause: _ } => {
                sqlx::query!("update account set deactivated_at = null where user_id = $1", id)
                    .execute(tx)
                    .await?
            }
            Event::ProfileChanged { profile, source_updated_at: _ } => {
                set_profile(id, profile.opened(), tx).await?
            }
            // Of credentials nothing is shown, and a summary says nothing new.
            Event::CredentialSet(_)
            | Event::CredentialsEnded { .. }
            | Event::ClerkLinked { .. }
            | Event::ProfileChangeIgnored { .. }
            | Event::Erased { .. }
            | Event::Abandoned {}
            | Event::Summarised(_) => return Ok(()),
        };
    if changed.rows_affected() == 0 { Err(ApplyError::out_of_order(entry)) } else { Ok(()) }
}

/// What the identity provider calls them, and shows of them.
async fn set_profile(
    id: Uuid,
    profile: Option<&Profile>,
    tx: &mut PgConnection,
) -> sqlx::Result<PgQueryResult> {
    let name = profile.and_then(|profile| profile.name.clone().or(profile.username.clone()));
    let image = profile.and_then(|profile| profile.image.clone());
    sqlx::query!(
        "update account set display_name = $2, image_url = $3 where user_id = $1",
        id,
        name,
        image,
    )
    .execute(tx)
    .await
}

async fn blank(subject: SubjectId, tx: &mut PgConnection) -> Result<(), ApplyError> {
    sqlx::query!(
        "update account set username = null, display_name = null, image_url = null
          where subject_key = $1",
        subject.as_uuid(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn roles(membership: &Membership) -> String {
    text::list(membership.roles.iter().map(|role| role.as_str()))
}

const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Clerk => "clerk",
        Origin::Register => "register",
        Origin::Operator => "operator",
    }
}

/// One person, as the read model knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    /// Counts from 1, with gaps.
    pub number: u64,
    /// As it was typed; `None` once the person's key is destroyed.
    pub username: Option<String>,
    /// What the identity provider calls them.
    pub display_name: Option<String>,
    pub image_url: Option<String>,
    pub joined_at: Time,
    /// What the community calls them, e.g. `member`; apart from the roles in workspaces.
    pub membership_roles: Vec<String>,
    pub premium_expiry: Option<Time>,
    /// Sign-ins are refused until then.
    pub locked_until: Option<Time>,
    pub deactivated_at: Option<Time>,
}

/// Returns one person.
pub async fn by_id(db: &Database, id: UserId) -> Result<Option<UserRow>> {
    Ok(by_ids(db, &[id]).await?.pop())
}

/// Returns those of `ids` that are people, in no order.
pub async fn by_ids(db: &Database, ids: &[UserId]) -> Result<Vec<UserRow>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let found = sqlx::query!(
        "select user_id, number, username, display_name, image_url, joined_at, membership_roles, premium_expiry,
                locked_until, deactivated_at
           from account where user_id = any($1)",
        &ids,
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| UserRow {
        id: UserId::from_uuid(row.user_id),
        number: row.number.cast_unsigned(),
        username: row.username,
        display_name: row.display_name,
        image_url: row.image_url,
        joined_at: row.joined_at,
        membership_roles: row.membership_roles.split_whitespace().map(str::to_owned).collect(),
        premium_expiry: row.premium_expiry,
        locked_until: row.locked_until,
        deactivated_at: row.deactivated_at,
    });
    Ok(rows.collect())
}
