//! The store from outside: over the wire, with the client that applications use.

mod support;

mod appends;
mod deletes;
mod reads;

mod filters;
mod groups;
mod subscriptions;

mod durability;
mod hostile;
mod lifecycle;
mod offline;
mod operations;
mod pages;

mod golden;
mod model;
