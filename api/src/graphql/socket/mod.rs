//! GraphQL over a socket: `graphql-transport-ws`, with a front of our own.
//!
//! The library's checks neither origin nor time nor number, reads a credential once and never
//! again, and waits for ever on a reader that sleeps.

mod credential;
mod handle;
mod open;
mod protocol;
mod session;

pub(super) use self::handle::{Grant, Socket};
pub(crate) use self::open::open;
