//! How far a long operation has come, on stderr.
//!
//! A bar where a person looks on; nothing where stderr is a file or a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that appears with the first report.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed}  {msg}")
            .expect("the template is valid");
        bar.set_style(style);
        Self(bar)
    }

    /// Moves the bar; the unit is the operation's own.
    pub(super) fn report(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) {
            self.0.set_length(total);
            self.0.enable_steady_tick(Duration::from_millis(200));
        }
        self.0.set_position(done);
    }

    /// Says how many results there are so far.
    pub(super) fn count(&self, results: u64) {
        self.0.set_message(format!("{results} events"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
