//! Answers on stdout: text for people, or JSON for programs.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use serde_json::{Map, Value};

/// Where answers go, and how they look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a text as it is.
    pub(super) fn text(text: &str) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        Ok(stdout.flush()?)
    }

    /// Prints one result: an object as a line a member, a list of objects as a table.
    pub(super) fn value(self, value: &Value) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(value)? } else { readable(value) };
        if text.is_empty() { Ok(()) } else { Self::text(&text) }
    }
}

/// Tells whether whoever read our stdout has stopped reading, as `head` does.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes a value for people.
pub(super) fn readable(value: &Value) -> String {
    match value {
        Value::Array(rows) if rows.iter().all(Value::is_object) => table(rows),
        Value::Object(members) => lines(members),
        other => cell(other),
    }
}

/// What a reader looks for first, in this order; the rest follows in that of the alphabet.
const FIRST: [&str; 14] = [
    "id",
    "name",
    "stream",
    "permission",
    "viewer",
    "member",
    "admin",
    "owner",
    "auditor",
    "version",
    "state",
    "status",
    "position",
    "head",
];

fn columns(members: &Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_by_key(|name| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    names
}

fn lines(members: &Map<String, Value>) -> String {
    let width = members.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    columns(members).into_iter().fold(String::new(), |mut text, name| {
        let _ = writeln!(text, "{:width$}  {}", spaced(name), cell(&members[name]));
        text
    })
}

fn table(rows: &[Value]) -> String {
    let Some(first) = rows.first().and_then(Value::as_object) else {
        return "none".to_owned();
    };
    // A column in which nothing stands tells nothing.
    let stands = |name: &&str| rows.iter().any(|row| !row[*name].is_null());
    let columns: Vec<&str> = columns(first).into_iter().filter(stands).collect();
    let head: Vec<String> = columns.iter().map(|name| spaced(name).to_uppercase()).collect();
    let body = rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect());
    let table: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    table.iter().fold(String::new(), |mut text, row| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

/// One value on one line. Control characters of what people typed must not steer a terminal.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().map(tame).collect(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn tame(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_a_line_a_member() {
        let text = readable(&json!({ "id": "tok_1", "expires_at": null, "scopes": ["a", "b"] }));
        assert_eq!(text, "id          tok_1\nexpires at  -\nscopes      a b\n");
    }

    #[test]
    fn a_list_of_objects_is_a_table() {
        let text = readable(
            &json!([{ "name": "a", "lag": 1.5, "error": null }, { "name": "long", "lag": null }]),
        );
        assert_eq!(text, "NAME  LAG\na     1.5\nlong  -\n");
        assert_eq!(readable(&json!([])), "none");
    }

    #[test]
    fn what_people_typed_cannot_steer_the_terminal() {
        assert_eq!(readable(&json!("a\u{1b}[2Jb")), "a\u{fffd}[2Jb");
    }
}
