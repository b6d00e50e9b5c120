//! The store from outside: over the wire, with the client that applications use.
//!
//! What any EventStoreDB must do is held against the server that `EVENTSTORE_TEST_URL` names, if it
//! names one (`esdb://…`); all else, and without it everything, against a store of ours.

mod process;
mod support;

mod appends;
mod deletes;
mod reads;

mod filters;
mod groups;
mod handling;
mod subscriptions;

mod durability;
mod hostile;
mod kills;
mod lifecycle;
mod offline;
mod operations;
mod pages;

mod golden;
mod model;
mod npm;
