//! The table and the JSON file.

use std::{fs, path::Path};

use anyhow::Result;
use serde::Serialize;

use crate::load::Quantiles;

/// One measurement beside its limit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Which goal of the performance page, e.g. `P1`.
    pub scenario: &'static str,
    pub what: String,
    /// In `unit`.
    pub figure: f64,
    pub unit: &'static str,
    /// What the machine allowed in the same run, same unit.
    pub limit: Option<Limit>,
    pub latency: Option<Quantiles>,
    /// Processor time of the server, per operation.
    pub cpu_us: Option<f64>,
    pub memory_mb: Option<f64>,
    pub goal: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Limit {
    pub name: &'static str,
    pub figure: f64,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.limit.as_ref().map(|limit| self.figure / limit.figure)
    }

    fn line(&self) -> String {
        let number = |value: Option<f64>, digits| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        format!(
            "{:<4} {:<44} {:>11.1} {:<6} {:>11} {:>6} {:>8} {:>8} {:>7} {:>7}  {}",
            self.scenario,
            self.what,
            self.figure,
            self.unit,
            number(self.limit.as_ref().map(|limit| limit.figure), 1),
            number(self.ratio(), 2),
            number(self.latency.map(|latency| latency.p50), 2),
            number(self.latency.map(|latency| latency.p99), 2),
            number(self.cpu_us, 1),
            number(self.memory_mb, 0),
            self.goal,
        )
    }
}

/// Prints the table's head.
pub(crate) fn print_head() {
    println!(
        "{:<4} {:<44} {:>11} {:<6} {:>11} {:>6} {:>8} {:>8} {:>7} {:>7}  goal",
        "", "what", "figure", "unit", "limit", "ratio", "p50 ms", "p99 ms", "cpu us", "rss MB"
    );
}

/// Prints a row as soon as it is measured.
pub(crate) fn print(row: &Row) {
    println!("{}", row.line());
}

/// Writes all rows where a later run can be compared with them.
pub(crate) fn save(rows: &[Row], file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, serde_json::to_vec_pretty(rows)?)?;
    println!("written to {}", file.display());
    Ok(())
}
