//! Persistent subscriptions: the server remembers what a group of competing readers has handled.
//!
//! `manager` knows the groups, a `group` is an actor of its own, its `queue` is pure, its `books` are
//! streams of the log: what it has handled, and what it could not.

mod books;
mod group;
mod manager;
pub(crate) mod queue;
mod readers;
pub(crate) mod settings;

pub(crate) use group::{Command, Nack};
pub(crate) use manager::{Failure, Subscriptions};
