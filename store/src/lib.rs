//! The log of events: the only crate that speaks to EventStoreDB.
//!
//! * [`Log::execute`] carries a command to an aggregate: load, decide, append.
//! * [`Log::load`] and [`Log::state_at`] fold a stream, as it is or as it was.
//! * [`Log::follow`] hands every event, in order, to whoever follows.
//! * [`Vault`] seals what must be destroyable, in streams of its own.
//!
//! Nothing is ever appended without an expected revision: it is the only
//! arbiter between writers, here and on other nodes.

mod connection;
mod error;
mod log;

mod append;
mod chain;
mod execute;
mod fold;
mod load;
mod queue;
mod remembered;
mod retention;
mod summarise;

mod context;
mod metadata;
mod page;
mod position;
mod recorded;

mod follow;
mod read;

mod scavenge;

pub mod random;
mod vault;

pub use chain::{Chain, digest_of};
pub use context::{Auth, Client, Context};
pub use error::{ConnectError, ExecuteError, ReadError, Unavailable};
pub use execute::Committed;
pub use follow::{Batch, Follower, FollowerStatus, Item};
pub use load::{AsOf, Loaded};
pub use log::{Log, LogConfig};
pub use metadata::Metadata;
pub use position::Position;
pub use recorded::{Recorded, Unreadable};
pub use vault::{
    CLIENT_FIELD, Expected, InvalidMasterKey, MasterKeys, Opened, Rewrapping, Stored, Vault,
    VaultError,
};
