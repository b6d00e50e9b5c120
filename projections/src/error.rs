//! Errors of the read models: Postgres is away, or an event is not what it should be.

use domain::event::DecodeError;

use crate::entry::Entry;

/// Postgres did not answer; the caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("the read models did not answer")]
pub struct Unavailable(#[from] sqlx::Error);

/// What a query returns.
pub type Result<T, E = Unavailable> = std::result::Result<T, E>;

/// Why a read model could not apply an event.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The event is at fault, and will be each time it is tried.
    ///
    /// Its text is kept in a dead letter; its sources are not, since they may quote the payload.
    #[error("{0}")]
    Poison(Box<dyn std::error::Error + Send + Sync>),
    /// Postgres is at fault, and may be better soon.
    #[error("Postgres did not take the rows")]
    Database(#[source] sqlx::Error),
}

impl ApplyError {
    /// An event that speaks of something that is not there.
    pub(crate) fn out_of_order(entry: &Entry) -> Self {
        let event = &entry.event;
        Self::Poison(format!("`{}` comes before what it changes", event.event_type).into())
    }
}

impl From<DecodeError> for ApplyError {
    fn from(error: DecodeError) -> Self {
        Self::Poison(Box::new(error))
    }
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        if blames_the_data(&error) { Self::Poison(Box::new(error)) } else { Self::Database(error) }
    }
}

/// Whether the same rows would be refused again, whatever the state of the server.
///
/// SQLSTATE class 22 is "data exception", 23 "integrity constraint violation" (PostgreSQL,
/// appendix A). All others speak of the server, the connection or our own SQL.
fn blames_the_data(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
        }
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}
