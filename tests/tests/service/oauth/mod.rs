//! OAuth: applications that act in the name of people.

mod authorize;
mod clients;
mod code;
mod crashes;
mod discovery;
mod input;
mod keys;
mod libraries;
mod lists;
mod nodes;
mod pages;
mod people;
mod provider;
mod refresh;
mod resource_server;
mod revocation;
mod rust_client;
mod sockets;
