//! The log from outside: the real client against a server that speaks EventStoreDB's protocol.

#[expect(dead_code, reason = "one fate is for a test in a process of its own")]
mod node;
mod support;

mod chain;
mod cluster;
mod commands;
mod follow;
mod load;
mod outage;
mod read;
mod retention;
mod sealing;
mod secrets;
mod vault;
