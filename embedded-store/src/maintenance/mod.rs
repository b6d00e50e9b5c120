//! Maintenance: what can be done with a log that no server has open.
//!
//! Each function takes the file's lock for as long as it works, tells how far it is, and holds one
//! event in memory at a time.

mod error;
mod export;
mod import;
mod info;
mod line;
mod verify;

pub use error::Error;
pub use export::{Exported, export};
pub use import::import;
pub use info::{Info, info};
pub use verify::{Verdict, verify};

/// How far something is: events done, and events in all where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Events that are done.
    pub done: u64,
    /// Events there are; unknown while a file is read from a pipe.
    pub total: Option<u64>,
}

/// After how many events progress is told.
const STEP: u64 = 4096;

/// Counts events, and tells every so often.
struct Count<'a> {
    progress: Progress,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Count<'a> {
    fn new(total: Option<u64>, tell: &'a mut dyn FnMut(Progress)) -> Self {
        let progress = Progress { done: 0, total };
        tell(progress);
        Self { progress, tell }
    }

    fn one_more(&mut self) {
        self.progress.done += 1;
        if self.progress.done.is_multiple_of(STEP) {
            (self.tell)(self.progress);
        }
    }

    fn end(self) -> u64 {
        (self.tell)(self.progress);
        self.progress.done
    }
}
