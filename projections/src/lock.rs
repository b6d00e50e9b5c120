//! Locks: which node writes which rows, decided anew in each transaction.
//!
//! A lock ends with its transaction, so a node that dies or hangs holds
//! nothing, and no node has to be told that it may go on.

use sqlx::PgConnection;

/// What only one node does at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock<'a> {
    /// Applying to the live schemas, or replacing one of them.
    Live,
    /// Filling this schema.
    Filling(&'a str),
}

impl Lock<'_> {
    /// Any number; it sets our locks apart from those of others in the same database.
    const SPACE: i32 = 0x6b65_796c;

    const fn name(&self) -> &str {
        match self {
            Self::Live => "live",
            Self::Filling(schema) => schema,
        }
    }

    /// Takes it until the transaction ends, or returns `false` since another node has it.
    pub(crate) async fn try_take(self, tx: &mut PgConnection) -> sqlx::Result<bool> {
        sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock($1, hashtext($2)) as "taken!""#,
            Self::SPACE,
            self.name(),
        )
        .fetch_one(tx)
        .await
    }

    /// Waits for it, no longer than the connection's `lock_timeout`.
    pub(crate) async fn take(self, tx: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query!("select pg_advisory_xact_lock($1, hashtext($2))", Self::SPACE, self.name())
            .execute(tx)
            .await
            .map(|_| ())
    }
}
