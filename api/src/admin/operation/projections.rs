//! What an operator may ask about read models.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use store::Position;

use super::audit::position;

/// Read models.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionsOperation {
    /// List the read models: how far each has read, and how many events it has parked
    List,
    /// Rebuild a read model from the log beside the live one, then put it in its place
    Rebuild(Rebuild),
    /// Print the rows of a read model as they were just after an event, as NDJSON
    ///
    /// They are built from the log in tables of their own; what is live stays as it is. That the
    /// history was read is itself recorded.
    At(RowsAt),
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct Rebuild {
    /// A name that `keyledger projections list` prints
    pub name: String,
    /// Compare the new rows with the old before, and print some that differ
    #[arg(long)]
    pub diff: bool,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RowsAt {
    /// A name that `keyledger projections list` prints
    pub name: String,
    /// The position of an event, as `keyledger audit replay` prints it
    #[arg(value_parser = position)]
    pub position: Position,
}
