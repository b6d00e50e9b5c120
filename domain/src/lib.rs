//! What the service believes: people, workspaces, tokens, and the rules between them.
//!
//! Everything here is a pure function of its arguments. No clock, no random
//! numbers, no I/O; the crate depends on neither `tokio`, `eventstore` nor
//! `sqlx`, and must not start to.
//!
//! Read in this order: [`aggregate`], [`event`], then one noun, e.g. `agent_token`.

pub mod aggregate;
pub mod catalog;
pub mod event;
mod event_types;
pub mod id;
pub mod keyed_id;
pub mod sealed;
pub mod secret;

pub mod clerk_member;
pub mod clerk_org;
pub mod clerk_user;
pub mod subject;
pub mod user;
pub mod user_handle;
pub mod workspace;

pub mod agent_token;
pub mod login;
pub mod pairing;
pub mod pairing_code;
pub mod pairing_guard;
pub mod service_credential;
pub mod session_token;
pub mod ticket;
pub mod token_family;
pub mod workspace_quota;

pub mod account_quota;
pub mod auth_code;
pub mod connect_attempt;
pub mod connected_account;
pub mod issuer;
pub mod oauth_client;
pub mod oauth_grant;
pub mod platform_identity;

pub mod audit_access;
pub mod keyring;
pub mod number_sequence;
pub mod reactor_cursor;

pub mod actor;
pub mod cidr;
pub mod digest;
pub mod password;
pub mod pkce;
pub mod plan;
pub mod platform;
pub mod redirect_uri;
pub mod role;
pub mod scope;
pub mod text;
pub mod username;

pub mod base62;
mod hex;
pub mod opaque_token;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;

pub use aggregate::{Aggregate, Rejection, Retention};
pub use event::StoredEvent;
pub use sealed::Sealed;
pub use secret::Secret;

/// A moment as the log keeps it: UTC, whole milliseconds.
pub type Time = chrono::DateTime<chrono::Utc>;
