//! The service from outside: real processes on free ports, and clients that speak to them.
//!
//! Nothing here reaches into the service. A test starts what it needs (or shares what others
//! started), acts as a person, an agent or an operator would, and looks at the answers.
//! The tests are in `tests/service`, a module a noun.

pub mod account;
pub mod answer;
pub mod application;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod data;
pub mod database;
pub mod driver;
pub mod graphql_socket;
pub mod identity;
pub mod in_process;
pub mod ledger;
pub mod log_server;
pub mod network;
pub mod platform;
pub mod prober;
pub mod reconcile;
pub mod service;
pub mod setup;
pub mod socket;
pub mod wait;
