//! Load: many callers at once, and what they saw.

pub(crate) mod connection;
mod histogram;
pub(crate) mod http;
pub(crate) mod process;

pub(crate) use histogram::{Latencies, Quantiles};
