//! An EventStoreDB in one process: its gRPC protocol (v24.10), over SQLite.
//!
//! For tests that want a real log in milliseconds, and for programs that bring their log along. Any
//! EventStoreDB client speaks to it over the wire; nothing here knows what the events mean.
//!
//! `log` keeps the events, `persistent` the groups of readers, `rpc` has a file per call, `server` accepts and ends them.

#![expect(clippy::result_large_err, reason = "tonic's handlers return its status as it is")]

mod auth;
mod builder;
mod error;
mod figures;
mod filter;
mod http;
mod id;
mod log;
pub mod maintenance;
mod persistent;
pub mod protocol;
mod rpc;
mod scavenge;
mod server;
mod store;

/// What a fuzzer reaches; not there in any other build.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::{filter::try_filter as filter, rpc::fuzzing::request};
}

pub use builder::Builder;
pub use error::Error;
pub use store::EmbeddedStore;
