//! What is live, over a real log.

#![cfg(feature = "embedded")]

mod exactly_once;
mod hub;
mod read_index;
mod support;
