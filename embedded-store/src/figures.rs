//! Figures: what the server counts about itself, told over gRPC and HTTP under one set of names.
//!
//! The names are EventStoreDB's where it has one for the same thing: `proc-mem` is `mem` in `proc`.

use crate::log::{Log, clock, readers::Unreadable};
use serde_json::{Map, Value, json};
use std::{
    fs, process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What Linux calls a page of memory, in bytes.
const PAGE: u64 = 4096;

/// Where the figures come from.
pub(crate) struct Figures {
    log: Arc<Log>,
    /// In ticks.
    started: i64,
    connections: Arc<AtomicU64>,
}

/// A name, as a path, and its figure.
type Figure = (&'static [&'static str], Value);

impl Figures {
    /// Of a server that starts now.
    pub(crate) fn new(log: Arc<Log>, connections: Arc<AtomicU64>) -> Self {
        Self { log, started: clock::now(), connections }
    }

    /// The figures as they are now.
    pub(crate) async fn now(&self) -> Result<Vec<Figure>, Unreadable> {
        let counters = &self.log.counters;
        let head = *self.log.head().borrow();
        let mut figures: Vec<Figure> = vec![
            (&["proc", "id"], json!(process::id())),
            (&["proc", "startTime"], json!(clock::rfc3339(self.started))),
            (&["es", "checksum"], json!(head)),
            (&["es", "connections"], json!(self.connections.load(Ordering::Relaxed))),
            (&["es", "db", "size"], json!(self.log.file_size().await?)),
            (&["es", "writer", "queueLength"], json!(self.log.waiting())),
            (&["es", "writer", "events"], json!(counters.events.get())),
            (&["es", "writer", "bytes"], json!(counters.bytes.get())),
            (&["es", "writer", "commits"], json!(counters.commits.get())),
            (&["es", "writer", "refusals"], json!(counters.refusals.get())),
            (&["es", "scavenge", "removed"], json!(counters.removed.get())),
        ];
        figures.extend(resident().map(|bytes| -> Figure { (&["proc", "mem"], json!(bytes)) }));
        Ok(figures)
    }
}

/// The figures in an object of objects.
pub(crate) fn nested(figures: Vec<Figure>) -> Value {
    let mut root = Map::new();
    for (path, figure) in figures {
        let Some((name, parents)) = path.split_last() else { continue };
        let mut object = &mut root;
        for parent in parents {
            let inner = object.entry(*parent).or_insert_with(|| json!({}));
            let Value::Object(inner) = inner else { return Value::Null };
            object = inner;
        }
        object.insert((*name).into(), figure);
    }
    Value::Object(root)
}

/// The figures by their whole names, as text.
pub(crate) fn flat(figures: Vec<Figure>) -> impl Iterator<Item = (String, String)> {
    figures.into_iter().map(|(path, figure)| {
        let text = match figure {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (path.join("-"), text)
    })
}

/// The figures that are numbers, as Prometheus reads them.
pub(crate) fn exposition(figures: Vec<Figure>) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (path, figure) in figures {
        if !figure.is_number() || path.last() == Some(&"id") {
            continue;
        }
        let name = format!("eventstore_{}", path.join("_")).to_lowercase();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# TYPE {name} gauge\n{name} {figure}");
    }
    text
}

/// Bytes of memory that the process has; unknown where there is no `/proc`.
fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}
