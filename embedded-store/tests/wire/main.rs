//! The store from outside: over the wire, with the client that applications use.

mod appends;
mod golden;
mod support;
