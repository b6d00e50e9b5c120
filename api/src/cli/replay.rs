//! `audit replay`: the history, event by event, for people or as NDJSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    ask::hear,
    output::{Output, cell},
};
use crate::{
    admin::{
        Operation,
        operation::{AuditOperation, ProjectionsOperation, Replay, RowsAt, StateAt},
    },
    config::Config,
};

/// Prints the rows of a read model as they once stood, an object a line.
pub(super) async fn rows_at(config: Config, rows: RowsAt) -> anyhow::Result<()> {
    let operation = Operation::Projections(ProjectionsOperation::At(rows));
    let outcome = hear(config, operation, |row| Output::text(&row.to_string())).await?;
    eprintln!("rows: {}", outcome["rows"]);
    Ok(())
}

/// Prints the events that `replay` asks for, and what each changed.
pub(super) async fn replay(config: Config, replay: Replay, output: Output) -> anyhow::Result<()> {
    let operation = Operation::Audit(AuditOperation::Replay(replay));
    let outcome = hear(config, operation, |item| {
        Output::text(&if output.is_json() { item.to_string() } else { readable(&item) })
    })
    .await?;
    eprintln!("events: {}", outcome["events"]);
    if outcome["more_states"] == true {
        eprintln!("more states were reached; name a stream or a workspace to see them");
    }
    Ok(())
}

/// Prints the state of a stream, as it is or as it was.
pub(super) async fn state(config: Config, asked: StateAt, output: Output) -> anyhow::Result<()> {
    let reached = hear(config, Operation::State(asked), |item| output.value(&item)).await?;
    if output.is_json() { output.value(&reached) } else { Output::text(readable(&reached).trim()) }
}

/// One event and its changes, or one state that was reached.
fn readable(item: &Value) -> String {
    let Some(state) = item.get("reached") else { return event(item) };
    let (stream, revision) = (cell(&item["stream"]), cell(&item["revision"]));
    let mut text = format!("\n{stream} at revision {revision}\n");
    let mut leaves = Vec::new();
    flatten("", state, &mut leaves);
    for (path, value) in leaves {
        let _ = writeln!(text, "    {path} = {}", cell(value));
    }
    text
}

fn event(item: &Value) -> String {
    let actor = &item["actor"];
    let mut text = format!(
        "{}  {}  {} {}  {}  {}\n",
        cell(&item["position"]),
        cell(&item["at"]),
        cell(&actor["kind"]),
        cell(&actor["id"]),
        cell(&item["stream"]),
        cell(&item["type"]),
    );
    for change in item["changes"].as_array().into_iter().flatten() {
        let path = cell(&change["path"]);
        let _ = match (change.get("before"), change.get("after")) {
            (Some(before), Some(after)) => {
                writeln!(text, "    {path}: {} -> {}", cell(before), cell(after))
            }
            (None, Some(after)) => writeln!(text, "    {path} = {}", cell(after)),
            (Some(before), None) => writeln!(text, "    {path}: {} -> gone", cell(before)),
            (None, None) => Ok(()),
        };
    }
    if let Some(problem) = item["problem"].as_str() {
        let _ = writeln!(text, "    ! {problem}");
    }
    text
}

fn flatten<'a>(path: &str, value: &'a Value, leaves: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(&format!("{path}{dot}{name}"), member, leaves);
            }
        }
        leaf => leaves.push((path.to_owned(), leaf)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_says_who_did_what_and_what_changed() {
        let item = json!({
            "position": "AQ", "at": "2026-11-21T08:00:00.000Z", "stream": "agent_token-1",
            "type": "agent_token.revoked", "actor": { "kind": "USER", "id": "usr_1" },
            "changes": [
                { "path": "revoked", "after": { "reason": "user" } },
                { "path": "name", "before": "a", "after": "b" },
            ],
        });
        assert_eq!(
            readable(&item),
            "AQ  2026-11-21T08:00:00.000Z  USER usr_1  agent_token-1  agent_token.revoked\n    \
             revoked = {\"reason\":\"user\"}\n    name: a -> b\n"
        );
    }

    #[test]
    fn a_state_that_was_reached_is_a_line_a_leaf() {
        let item =
            json!({ "stream": "s-1", "revision": 2, "reached": { "a": { "b": 1 }, "c": [] } });
        assert_eq!(readable(&item), "\ns-1 at revision 2\n    a.b = 1\n    c = \n");
    }
}
