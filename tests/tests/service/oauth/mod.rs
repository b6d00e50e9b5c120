//! OAuth: applications that act in the name of people.

mod authorize;
mod clients;
mod code;
mod discovery;
mod keys;
mod libraries;
mod nodes;
mod pages;
mod refresh;
mod revocation;
