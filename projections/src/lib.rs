//! Read models: what the log says, laid out for questions.
//!
//! One noun a file or folder: the tables it fills, how events change them, and
//! every query that reads them. The [`Runner`] keeps them up to date; what it
//! did not get right, or a new release wants otherwise, is [rebuilt](Rebuilder)
//! from the log. Nothing here is ever needed to decide anything.

pub mod agent_tokens;
pub mod audit_events;
pub mod client_secret_usage;
pub mod connected_accounts;
pub mod dead_letter;
pub mod logins;
pub mod oauth_authorizations;
pub mod oauth_clients;
pub mod page;
pub mod pairing_codes;
pub mod revocations;
pub mod token_families;
pub mod token_usage;
pub mod users;
pub mod workspaces;

mod batch;
mod checkpoint;
mod database;
mod entry;
mod error;
mod feed;
mod lock;
mod model;
#[cfg(feature = "embedded")]
mod pglite;
mod rebuild;
mod runner;
mod schema;
mod scope;
mod startup;
mod status;
#[cfg(test)]
mod testing;
mod text;

pub use database::{Database, DatabaseConfig, OpenError};
pub use error::{Result, Unavailable};
pub use page::{Edge, InvalidPage, Page, PageError, PageRequest};
pub use rebuild::{Past, RebuildError, Rebuilder, Rebuilt};
pub use runner::Runner;
pub use schema::{Difference, Row};
pub use scope::WorkspaceScope;
pub use status::{Progress, ProjectionState, ProjectionStatus};

/// Returns the names of all read models.
pub fn names() -> impl Iterator<Item = &'static str> {
    model::all().iter().map(|model| model.name)
}
