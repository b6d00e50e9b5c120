//! What an operator may ask about the vault.

use clap::Subcommand;
use serde::{Deserialize, Serialize};

/// The vault.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultOperation {
    /// Wrap every key with the newest master key; interrupted, it goes on where it is run again
    RotateMasterKey,
}
