//! What the service does, seen from outside: a module a noun.

mod access_tokens;
mod accounts;
mod audit;
mod browsers;
mod connected_accounts;
mod connections;
mod crash_points;
mod crashes;
mod graphql;
mod input;
mod live;
mod logins;
mod members;
mod nodes;
mod npm;
mod oauth;
mod operations;
mod outages;
mod registration;
mod secrets;
mod sockets;
mod time;
mod tokens;
mod verification;
mod watching;
