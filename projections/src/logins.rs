//! Logins with a browser, for people to see and to end.
//!
//! A row goes when its login ends, or when the log forgets it. Whether a cookie is good is decided
//! on its stream, never here.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Aggregate, Retention, Time,
    id::{LoginId, SubjectId, UserId},
    login::{Event, Login, Started},
    user::Revision,
};
use sqlx::PgConnection;

use crate::{
    Result,
    database::Database,
    entry::{Entry, SUBJECT},
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text,
};

pub(crate) enum Logins {}

impl ReadModel for Logins {
    const NAME: &'static str = "logins";
    const VERSION: i32 = 1;
    const TABLES: &'static str = include_str!("../../migrations/read_models/logins.sql");
    const CATEGORIES: &'static [&'static str] = &[Login::CATEGORY, SUBJECT];
    const ON_POISON: OnPoison = OnPoison::Park;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<Login>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            } else if let Some(subject) = entry.destroyed_subject() {
                blank(subject, tx).await?;
            }
        }
        match events.last() {
            Some(last) => forget(last.at(), tx).await,
            None => Ok(()),
        }
    }
}

async fn apply(
    id: LoginId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    match event {
        Event::Started(started) => begin(id, started, entry, tx).await,
        // One that never started has no row, and needs none.
        Event::Ended { cause: _ } => {
            sqlx::query!("delete from login where login_id = $1", id.as_uuid()).execute(tx).await?;
            Ok(())
        }
    }
}

async fn begin(
    id: LoginId,
    started: &Started,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let client = entry.event.metadata.client.as_ref().and_then(domain::Sealed::opened);
    let ip = client.and_then(|client| client.ip.as_deref()?.parse::<IpAddr>().ok());
    sqlx::query!(
        "insert into login (login_id, user_id, method, user_revision, started_at, expires_at,
                            network)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.as_uuid(),
        started.user.as_uuid(),
        started.method.as_str(),
        started.user_revision.as_number().cast_signed(),
        entry.at(),
        started.expires_at,
        ip.map(text::network),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn blank(subject: SubjectId, tx: &mut PgConnection) -> Result<(), ApplyError> {
    sqlx::query!("update login set network = null where user_id = $1", subject.as_uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets what the log forgets, so that a rebuild agrees.
async fn forget(now: Time, tx: &mut PgConnection) -> Result<(), ApplyError> {
    let Retention::Days(days) = Login::RETENTION else { return Ok(()) };
    let oldest = now - TimeDelta::days(days.into());
    sqlx::query!("delete from login where started_at < $1", oldest).execute(tx).await?;
    Ok(())
}

/// One login that has not been ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    pub id: LoginId,
    /// How its person proved who they are, e.g. `password`.
    pub method: String,
    /// What its decision knew of the person.
    pub user_revision: Revision,
    pub started_at: Time,
    pub expires_at: Time,
    /// The /24 or /48 it began from, where that is known.
    pub network: Option<String>,
}

/// Returns the logins of `user` that did not expire by `at`, the newest first; at most a hundred.
///
/// Those that an end of credentials voids are among them. A person's own: whoever calls this is
/// that person, or acts for them.
pub async fn of_user(db: &Database, user: UserId, at: Time) -> Result<Vec<LoginRow>> {
    let found = sqlx::query!(
        "select login_id, method, user_revision, started_at, expires_at, network
           from login
          where user_id = $1 and expires_at > $2
          order by started_at desc, login_id
          limit 100",
        user.as_uuid(),
        at,
    )
    .fetch_all(db.queries())
    .await?;
    let rows = found.into_iter().map(|row| LoginRow {
        id: LoginId::from_uuid(row.login_id),
        method: row.method,
        user_revision: Revision::from_number(row.user_revision.cast_unsigned()),
        started_at: row.started_at,
        expires_at: row.expires_at,
        network: row.network,
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use domain::login::{Command, EndCause, Method};
    use store::random;

    use super::*;
    use crate::testing::{World, noon, on_each_database};

    fn started(user: UserId) -> Started {
        Started {
            user,
            method: Method::Password,
            amr: vec!["pwd".into()],
            auth_time: noon(),
            secret_sha256: None,
            expires_at: noon() + TimeDelta::days(14),
            user_revision: Revision::from_number(2),
        }
    }

    #[tokio::test]
    async fn a_login_is_shown_until_it_ends_or_expires() {
        on_each_database(async |db| {
            let world = World::new(db).await;
            let (ada, bob) = (world.tenant("ada").await, world.tenant("bob").await);
            let [kept, ended] = [(); 2].map(|()| LoginId::from_uuid(random::uuid()));
            for id in [kept, ended] {
                world.execute::<Login>(id, None, Command::Start(started(ada.user))).await;
            }
            let end = Command::End { cause: EndCause::User };
            world.execute::<Login>(ended, None, end).await;
            world.catch_up().await;
            let rows = of_user(&world.db, ada.user, noon()).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [kept]);
            assert_eq!(rows[0].user_revision, Revision::from_number(2));
            let later = noon() + TimeDelta::days(14);
            assert_eq!(of_user(&world.db, ada.user, later).await.unwrap(), []);
            assert_eq!(of_user(&world.db, bob.user, noon()).await.unwrap(), []);
        })
        .await;
    }
}
