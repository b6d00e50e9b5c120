//! Chores of this repository: what a laptop and CI run, in Rust.
//!
//! Nothing here is part of the product, and nothing here depends on it, so that
//! `cargo xtask` starts seconds after a fresh clone.
//! The shape of the code base is checked by the tests in `tidy`.

pub mod checks;
pub mod chores;
pub mod dashboard;
pub mod generate;
pub mod kept;
pub mod postgres;
pub mod process;
pub mod run;
pub mod soak;
pub mod tools;

#[cfg(test)]
mod tidy;

use std::path::Path;

/// Where the workspace lies: the folder that holds `Cargo.lock`.
pub fn workspace_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
