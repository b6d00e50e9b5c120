//! Soaks: what the tests do for seconds, done for minutes, with a seed that repeats it.
//!
//! A part is a test that reads from the environment how much of it there is; it prints how far it is.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::process::{cargo, step};

/// Runs the long tests, one part after the other.
#[derive(Args)]
pub struct Soak {
    /// Which parts to run; all, if left out.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// What the random choices follow from; printed, so that a failure can be repeated.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seed: Option<u32>,
    /// Histories that are held against the model of the log.
    #[arg(long, default_value_t = 10_000)]
    histories: u32,
    /// How often the log's server is killed under load.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// How often the service ends itself at each of its crash points.
    #[arg(long, default_value_t = 20)]
    crashes: u32,
}

/// What there is to soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Random histories of the embedded log against a simple model.
    Histories,
    /// The embedded log's server killed at random moments under 64 writers.
    Kills,
    /// The service ended at each crash point, again and again, under load.
    Crashes,
}

impl Soak {
    /// Runs the parts; the first that fails ends it.
    pub fn run(&self) -> Result<()> {
        let seed = self.seed.unwrap_or_else(seed);
        println!("the seed is {seed}: `cargo xtask soak --seed {seed}` repeats this");
        let all = Part::value_variants();
        for part in if self.parts.is_empty() { all } else { &self.parts } {
            self.soak(*part, seed)?;
        }
        Ok(())
    }

    fn soak(&self, part: Part, seed: u32) -> Result<()> {
        let (title, test, variable, amount) = match part {
            Part::Histories => (
                "histories against the model",
                "model::any_history_is_answered_as_the_model_says",
                "EMBEDDED_STORE_HISTORIES",
                self.histories,
            ),
            Part::Kills => (
                "kills under load",
                "kills::nothing_acknowledged_is_lost_when_the_server_is_killed",
                "EMBEDDED_STORE_KILLS",
                self.kills,
            ),
            Part::Crashes => (
                "crashes at each point",
                "crash_points::whatever_a_crash_leaves_half_done_is_finished_or_undone",
                "KEYLEDGER_TEST_CRASHES",
                self.crashes,
            ),
        };
        let binary = match part {
            Part::Histories | Part::Kills => "wire",
            Part::Crashes => "service",
        };
        if part == Part::Crashes {
            step("build the service", &mut cargo(["build", "--workspace", "--bins"]))?;
        }
        let mut tests = cargo(["test", "--quiet", "--workspace", "--test", binary]);
        tests.args(["--", "--exact", "--nocapture", test]);
        tests.env(variable, amount.to_string()).env("EMBEDDED_STORE_SEED", seed.to_string());
        step(&format!("{amount} {title}"), &mut tests)
    }
}

/// Another one each second.
fn seed() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(now.as_secs() % u64::from(u32::MAX)).unwrap_or_default().max(1)
}
