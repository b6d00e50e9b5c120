//! The operators' door: what they may ask of a service, and the Unix socket they ask it through.
//!
//! Law: an [`Operation`] is carried out by [`dispatch::carry_out`] alone, whether it came
//! through the socket of a running server or from a command that started the parts itself; who
//! asked is the user id that the kernel vouches for, and it is recorded in every event.
//!
//! Read in this order: [`operation`], [`frame`], [`dispatch`], [`server`], [`client`].

pub mod client;
pub mod dispatch;
pub mod frame;
pub mod operation;
pub mod reference;
pub mod server;
#[cfg(test)]
mod tests;

pub use frame::{Frame, Reports};
pub use operation::Operation;

/// The socket's name in the data folder.
pub const SOCKET: &str = "keyledger.sock";
