//! The command line: what it understands, and which command is carried out where.
//!
//! A command about a service's data acts through the socket of the server that runs in the data
//! folder; with none running it starts the parts itself, for as long as it takes. The answer goes
//! to stdout, everything else to stderr.

mod ask;
mod export;
mod output;
mod progress;
mod replay;
mod roles;
mod serve;
mod start;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use self::output::Output;
use crate::{
    admin::operation::{
        ClientOperation, Export, KeyOperation, MemberOperation, Operation, ProjectionsOperation,
        Replay, ServiceCredentialOperation, SetPlan, StateAt, TokenOperation, VaultOperation,
    },
    config::{Config, Flags},
    crash_points, graphql, selftest,
};

/// Identity and tokens, kept as a history of events.
///
/// `keyledger serve` runs the service. All other commands act on the service of the data folder:
/// through the running server, or by themselves when none runs. Times are RFC 3339 and UTC.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "clap prints it as it stands")]
#[command(name = "keyledger", version, max_term_width = 100, after_long_help = ENVIRONMENT)]
struct Cli {
    /// The data folder [env: KEYLEDGER_DATA] [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const ENVIRONMENT: &str = "\
Environment:
  KEYLEDGER_DATA          the data folder (./data)
  KEYLEDGER_LISTEN        where to listen (127.0.0.1:8080)
  KEYLEDGER_EVENTSTORE    esdb://… of an EventStoreDB or KurrentDB; without it the log is in DATA
  KEYLEDGER_DATABASE_URL  postgres://… ; without it PostgreSQL runs in the process, in DATA
  KEYLEDGER_MASTER_KEY    base64 of 32 bytes, newest first if several; without it, for a log in
                          DATA only, a key is made and kept in DATA
  KEYLEDGER_PUBLIC_URL    what the outside calls the service
  KEYLEDGER_DEFAULT_PLAN  the plan of new workspaces: free, pro, team, enterprise (free)
  KEYLEDGER_REGISTRATION  open or closed (open)

Examples:
  keyledger serve --listen 127.0.0.1:0
  keyledger workspace set-plan @ada pro
  keyledger token create --workspace @ada --name laptop
  keyledger audit replay --workspace @ada --until 2026-11-21T08:00:00Z";

#[derive(Debug, Subcommand)]
#[expect(clippy::doc_markdown, reason = "clap prints it as it stands")]
enum Command {
    /// Run the service until SIGTERM or SIGINT; prints `listening on http://…` once it is ready
    Serve {
        /// Where to listen; port 0 picks a free one [env: KEYLEDGER_LISTEN] [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        /// Sign as KEYLEDGER_PUBLIC_URL though tokens were signed as something else so far
        #[arg(long)]
        accept_issuer_change: bool,
    },
    /// Bring the schema of Postgres up to this release; `serve` does it too
    Migrate,
    /// Create, list and revoke agent tokens
    #[command(subcommand)]
    Token(TokenOperation),
    /// Print the table of roles and permissions
    Roles,
    /// Change what a workspace may do
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Add people to workspaces and change their roles
    #[command(subcommand)]
    Member(MemberOperation),
    /// Create and revoke the credentials of other services
    #[command(subcommand)]
    ServiceCredential(ServiceCredentialOperation),
    /// Register, change and suspend the applications that may ask people for access
    #[command(subcommand)]
    Client(ClientOperation),
    /// Replace the keys that sign tokens
    #[command(subcommand)]
    Key(KeyOperation),
    /// Look after the keys that everything else is sealed under
    #[command(subcommand)]
    Vault(VaultOperation),
    /// List and rebuild the read models
    #[command(subcommand)]
    Projections(ProjectionsOperation),
    /// Print the state of a stream, now or as it was
    State(StateAt),
    /// Export and replay the history
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print the GraphQL schema
    #[command(subcommand)]
    Graphql(GraphqlCommand),
    /// Walk the whole story in one process, with a data folder of its own, and print each step
    Selftest,
}

#[derive(Debug, Subcommand)]
enum WorkspaceCommand {
    /// Set the plan, higher or lower
    SetPlan(SetPlan),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Write the events as NDJSON, as they lie in the log; secrets are never among them
    ///
    /// Vault streams (keys, password hashes) are no part of the history. That an export was made
    /// is itself recorded.
    Export {
        #[command(flatten)]
        export: Export,
        /// The file to write; stdout, if left out
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Go on after the last whole line of FILE
        #[arg(long, requires = "out", conflicts_with = "after")]
        resume: bool,
    },
    /// Replay the history: event by event who did what, and what it changed
    ///
    /// With `--until` it ends there and prints the state that was reached; with `--json` it prints
    /// NDJSON. That the history was read is itself recorded.
    Replay(Replay),
}

#[derive(Debug, Subcommand)]
enum GraphqlCommand {
    /// Print the schema in its definition language
    Sdl,
}

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crash_points::arm();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyledger: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { data, json, command }: Cli) -> anyhow::Result<()> {
    let output = Output::new(json);
    let flagged = |listen, accept_issuer_change| {
        Config::from_env(Flags { listen, data: data.clone(), accept_issuer_change })
    };
    let configured = |listen| flagged(listen, false);
    let ask = |operation| start::block_on(ask::ask(configured(None)?, operation, output));
    match command {
        Command::Serve { listen, accept_issuer_change } => {
            start::block_on(serve::serve(flagged(listen, accept_issuer_change)?))
        }
        Command::Migrate => start::block_on(serve::migrate(configured(None)?)),
        Command::Token(operation) => ask(Operation::Token(operation)),
        Command::Roles => roles::print(output),
        Command::Workspace(WorkspaceCommand::SetPlan(set)) => ask(Operation::SetPlan(set)),
        Command::Member(operation) => ask(Operation::Member(operation)),
        Command::ServiceCredential(operation) => ask(Operation::ServiceCredential(operation)),
        Command::Client(operation) => ask(Operation::Client(operation.with_file()?)),
        Command::Key(operation) => ask(Operation::Key(operation)),
        Command::Projections(ProjectionsOperation::At(rows)) => {
            start::block_on(replay::rows_at(configured(None)?, rows))
        }
        Command::Projections(operation) => ask(Operation::Projections(operation)),
        Command::Vault(operation) => ask(Operation::Vault(operation)),
        Command::State(state) => start::block_on(replay::state(configured(None)?, state, output)),
        Command::Audit(AuditCommand::Export { export, out, resume }) => {
            start::block_on(export::export(configured(None)?, export, out, resume))
        }
        Command::Audit(AuditCommand::Replay(replay)) => {
            start::block_on(replay::replay(configured(None)?, replay, output))
        }
        Command::Graphql(GraphqlCommand::Sdl) => Output::text(&graphql::sdl()),
        Command::Selftest => start::block_on(selftest::run()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_workspace_may_be_said_by_whose_it_is() {
        let line = ["keyledger", "workspace", "set-plan", "@ada", "pro", "--data", "d"];
        let cli = Cli::try_parse_from(line).unwrap();
        assert_eq!(cli.data, Some(PathBuf::from("d")));
        assert!(matches!(cli.command, Command::Workspace(WorkspaceCommand::SetPlan(_))));
        assert!(Cli::try_parse_from(["keyledger", "workspace", "set-plan", "ada", "pro"]).is_err());
    }
}
