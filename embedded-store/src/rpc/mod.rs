//! The calls: a file each, from the protocol's messages to the log and back.

mod answer;
mod append;
mod batch_append;
mod batch_reply;
mod checkpoints;
mod expected;
mod features;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gossip;
mod monitoring;
mod operations;
mod outbox;
mod pages;
mod persistent;
mod persistent_info;
mod persistent_read;
mod persistent_settings;
mod read;
mod read_request;
mod remove;
pub(crate) mod status;
mod streams;
mod subscribe_all;
mod subscribe_stream;
mod wire;

pub(crate) use answer::{Answer, Answers};
pub(crate) use features::{Features, VERSION};
pub(crate) use gossip::Gossip;
pub(crate) use monitoring::Monitoring;
pub(crate) use operations::Operations;
pub(crate) use outbox::Messages;
pub(crate) use persistent::Persistent;
pub(crate) use read_request::{Origin, Window};
pub(crate) use streams::Streams;
pub(crate) use subscribe_all::AllFollower;
pub(crate) use subscribe_stream::StreamFollower;
pub(crate) use wire::{IdFormat, Message};

/// Our server of `Streams`, generated.
#[expect(
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::default_constructed_unit_structs,
    unreachable_pub,
    reason = "generated"
)]
pub(crate) mod generated {
    include!(concat!(env!("OUT_DIR"), "/event_store.client.streams.Streams.rs"));
}
