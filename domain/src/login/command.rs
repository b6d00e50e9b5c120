//! What one can ask of a login.

use super::{EndCause, Started};

#[derive(Clone, Debug)]
pub enum Command {
    Start(Started),
    /// For good, and again without effect. One that has not started never will.
    End {
        cause: EndCause,
    },
}
