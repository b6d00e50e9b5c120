//! What an operator may ask about signing keys.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// The keys that sign tokens.
#[derive(Clone, Debug, PartialEq, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOperation {
    /// Announce another key; it signs once every cache of keys knows it
    Rotate(RotateKey),
    /// List the keys that are not dropped yet
    List,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct RotateKey {
    /// Seconds it is published before it signs: at least twice `KEYLEDGER_JWKS_MAX_AGE`
    #[arg(long, default_value_t = 3600)]
    pub activate_after: u32,
    /// Believe nothing that the present key signed any more; the next one signs at once
    #[arg(long)]
    pub compromised: bool,
}
