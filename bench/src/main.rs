//! Keyledger's benchmark: the product beside what the machine allows, in one run.
//!
//! `cargo xtask bench --help` tells what there is. Absolute figures move from
//! machine to machine; the ratios to the limits are what to look at.

mod client;
mod follower;
mod limit;
mod load;
mod log;
mod product;
mod report;
mod scenario;
mod seed;
mod server;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};

use scenario::{Scenario, Settings};

/// As the programs that are measured have it; the limits and the load have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure the service and the limits it runs against.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Which scenarios to run; all, if left out.
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// Tokens seeded before what is verified.
    #[arg(long, default_value_t = 100_000)]
    tokens: usize,
    /// Tokens of the history that P7 rebuilds and P11 compares against.
    #[arg(long, default_value_t = 1_000_000)]
    history: usize,
    /// Events of the long log that P11 compares against.
    #[arg(long, default_value_t = 5_000_000)]
    events: usize,
    /// Seconds that each figure is measured for.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The product; `target/release/keyledger`, if left out.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// The JSON file of the results.
    #[arg(long, default_value = "bench-results/latest.json")]
    output: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a bare handler, to be measured.
    #[command(hide = true)]
    LimitHttp,
    /// Serve a bare unary call, to be measured.
    #[command(hide = true)]
    LimitGrpc,
    /// Serve a bare lookup in Postgres, to be measured.
    #[command(hide = true)]
    LimitPostgres { url: String },
    /// Serve a bare server stream, to be measured.
    #[command(hide = true)]
    LimitStream,
    /// Serve an embedded log, to be measured.
    #[command(hide = true)]
    Log { file: PathBuf },
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    match arguments.command {
        Some(Command::LimitHttp) => return limit::http::serve(listen).await,
        Some(Command::LimitGrpc) => return limit::grpc::serve(listen).await,
        Some(Command::LimitPostgres { url }) => {
            return limit::postgres::serve(listen, &url).await;
        }
        Some(Command::LimitStream) => return limit::stream::serve(listen).await,
        Some(Command::Log { file }) => return log::serve(&file).await,
        None => {}
    }
    let beside = std::env::current_exe()?.with_file_name("keyledger");
    let settings = Settings {
        binary: arguments.binary.unwrap_or(beside),
        tokens: arguments.tokens,
        history: arguments.history,
        events: arguments.events,
        duration: Duration::from_secs(arguments.seconds),
    };
    report::print_head();
    let mut rows = Vec::new();
    for scenario in Scenario::or_all(arguments.scenarios) {
        rows.extend(scenario.run(&settings).await?);
    }
    report::save(&rows, &arguments.output)
}
