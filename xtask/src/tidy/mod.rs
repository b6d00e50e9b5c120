//! What the compiler cannot check: the shape of the code base.
//!
//! Each file is one rule and the reason for it.

mod claims;
mod dependencies;
mod floors;
mod layers;
mod migrations;
mod sizes;
mod threats;
mod tree;
mod words;
