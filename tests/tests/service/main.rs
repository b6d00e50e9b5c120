//! What the service does, seen from outside: a module a noun.

mod access_tokens;
mod accounts;
mod graphql;
mod live;
mod logins;
mod members;
mod registration;
mod sockets;
mod tokens;
mod verification;
