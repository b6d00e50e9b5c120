//! Limits: what the machine allows when nothing of ours is in the way.
//!
//! Each that is asked over a network is a process of its own, as the product is, so that both
//! pay the same for talking to the load generator.

pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod signatures;
pub(crate) mod sqlite;
pub(crate) mod stream;
