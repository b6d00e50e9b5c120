//! The steps of the self-test, printed with the time each took.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use tokio::time::timeout;

/// No step takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Steps {
    taken: u32,
    total: Duration,
}

impl Steps {
    /// Takes one step and prints how it went.
    pub(super) async fn step<T>(
        &mut self,
        name: &str,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let begun = Instant::now();
        let outcome = timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(anyhow!("it hangs")));
        let took = begun.elapsed();
        self.taken += 1;
        self.total += took;
        let mark = if outcome.is_ok() { '✓' } else { '✗' };
        println!("{mark} {name:<42} {:>8.1} ms", took.as_secs_f64() * 1e3);
        outcome.with_context(|| name.to_owned())
    }

    /// Prints that all went well.
    pub(super) fn summary(&self) {
        println!("{} steps in {:.1} s", self.taken, self.total.as_secs_f64());
    }
}
