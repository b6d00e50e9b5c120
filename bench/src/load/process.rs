//! What a process used, as the kernel counts it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc/*/stat`; fixed at 100 on Linux.
const TICKS: u64 = 100;

/// Processor time of process `id` so far, user and system.
fn processor_time(id: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in parentheses may hold spaces; what follows it does not.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>)
        .sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Resident memory of process `id`, in bytes.
pub(crate) fn resident(id: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Counts the processor time of a process while something is measured.
pub(crate) struct Meter {
    id: u32,
    before: Duration,
}

impl Meter {
    pub(crate) fn start(id: u32) -> Result<Self> {
        Ok(Self { id, before: processor_time(id)? })
    }

    /// Microseconds for each of `operations` since the start.
    pub(crate) fn per_operation(&self, operations: usize) -> Result<f64> {
        let time = processor_time(self.id)?.saturating_sub(self.before);
        #[expect(clippy::cast_precision_loss, reason = "a mean, not a count")]
        let operations = operations.max(1) as f64;
        Ok(time.as_secs_f64() * 1e6 / operations)
    }
}

/// Bytes as megabytes, for a table.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
