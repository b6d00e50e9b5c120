//! Latencies, kept whole and sorted once.

use std::time::Duration;

use serde::Serialize;

/// What a number of operations took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

/// The figures a table shows, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Quantiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Latencies {
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn quantiles(mut self) -> Quantiles {
        self.0.sort_unstable();
        Quantiles { p50: self.at(50), p99: self.at(99), max: self.at(100) }
    }

    /// Returns the latency below which `percent` of the sorted operations lie.
    fn at(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * percent / 100).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }
}
