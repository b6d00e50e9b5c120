//! The log from outside: the real client against a server that speaks EventStoreDB's protocol.

mod support;

mod chain;
mod commands;
mod follow;
mod load;
mod outage;
mod read;
mod retention;
mod sealing;
mod secrets;
mod vault;
