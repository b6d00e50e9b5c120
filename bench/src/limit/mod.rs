//! Limits: what the machine allows when nothing of ours is in the way.
//!
//! Each that the load generator asks over a network is a process of its own, as the product is, so that
//! both pay the same for talking to it.

pub(crate) mod appends;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod signatures;
pub(crate) mod sqlite;
pub(crate) mod stream;

/// What a limit that takes processor time of its own came to.
pub(crate) struct Raw {
    pub(crate) per_second: f64,
    /// Processor time of each.
    pub(crate) cpu_us: f64,
}
