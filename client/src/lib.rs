//! For programs that speak to a service in somebody's name.
//!
#![doc = include_str!("../README.md")]

mod error;
mod service;
mod session;
mod socket;

pub use self::{
    error::Error,
    service::Keyledger,
    session::Session,
    socket::{Ended, Socket},
};
