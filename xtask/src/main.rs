//! The command line of the chores.

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{checks, chores, generate, run, soak};

/// Chores of this repository. Start with `run`; before you push, `ci`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build what is missing, start the service on ./data and print three lines to try.
    Run(run::Run),
    /// Install what the tests need, start a Postgres server, run every test.
    Test(chores::Test),
    /// All that must hold before a change is merged; what `.ci/run` calls.
    Ci,
    /// Write again what is generated: recorded queries and the GraphQL schema.
    Gen(generate::Gen),
    /// Check the shape of the code base: layers, sizes, floors of versions, words.
    Tidy,
    /// Run the long tests: random histories, kills under load.
    Soak(soak::Soak),
    /// Compare a driver's ledger with what the log and the read models hold.
    #[command(disable_help_flag = true)]
    Reconcile(chores::PassedOn),
    /// Measure the service beside the limits of this machine.
    #[command(disable_help_flag = true)]
    Bench(chores::PassedOn),
}

fn main() -> Result<()> {
    match Cli::parse().chore {
        Chore::Run(run) => run.start(),
        Chore::Test(test) => test.run(),
        Chore::Ci => checks::ci(),
        Chore::Gen(gen_) => gen_.run(),
        Chore::Tidy => checks::tidy(),
        Chore::Soak(soak) => soak.run(),
        Chore::Reconcile(arguments) => chores::reconcile(&arguments),
        Chore::Bench(arguments) => chores::bench(&arguments),
    }
}
