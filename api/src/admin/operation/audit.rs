//! What an auditor may ask: the state of a stream as it was, and the history itself.

use clap::Args;
use serde::{Deserialize, Serialize};
use store::Position;

use super::{InvalidMoment, Moment};
use crate::admin::reference::WorkspaceRef;

/// A noun's state as it was.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct StateAt {
    /// The stream, e.g. `agent_token-0198c1b2-…`; `keyledger audit replay` prints them
    #[arg(long, short)]
    pub stream: String,
    /// A time (RFC 3339) or a position of the log; now, if left out
    #[arg(long, value_name = "TIME|POSITION")]
    pub at: Option<Moment>,
    /// Leave personal data sealed
    #[arg(long)]
    pub sealed: bool,
}

/// What auditors need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOperation {
    Export(Export),
    Replay(Replay),
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
#[group(skip)]
pub struct Export {
    /// Go on after this position, e.g. that of the last line of an export that was cut off
    #[arg(long, value_name = "POSITION", value_parser = position)]
    pub after: Option<Position>,
    #[command(flatten)]
    #[serde(flatten)]
    pub filter: AuditFilter,
    /// Open personal data instead of writing it as it is sealed in the log
    #[arg(long)]
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
pub struct Replay {
    #[command(flatten)]
    #[serde(flatten)]
    pub filter: AuditFilter,
    /// Leave personal data sealed
    #[arg(long)]
    pub sealed: bool,
}

/// Which events, of all that are no vault's.
#[derive(Clone, Debug, Default, PartialEq, Args, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Only this stream; may be repeated
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// Only this workspace: `ws_…`, or a person whose personal workspace is meant
    #[arg(long, short)]
    pub workspace: Option<WorkspaceRef>,
    /// Only what this actor did: `usr_…`, `@name`, `tok_…`, `svc_…`, `uid:1000` …
    #[arg(long)]
    pub actor: Option<String>,
    /// Begin here: a time (RFC 3339) or a position
    #[arg(long, value_name = "TIME|POSITION")]
    pub from: Option<Moment>,
    /// End here, inclusive: a time (RFC 3339) or a position; a replay then prints the state reached
    #[arg(long, value_name = "TIME|POSITION")]
    pub until: Option<Moment>,
}

/// Reads a position that this service printed.
pub(super) fn position(text: &str) -> Result<Position, InvalidMoment> {
    Position::decode(text).ok_or(InvalidMoment)
}
