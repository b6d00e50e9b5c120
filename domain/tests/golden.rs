//! Every shape ever written to the log, as it was written.
//!
//! A file `fixtures/events/{type}.{schema}[.{variant}].json` is never edited. A
//! shape that grows an optional member gets one more variant; any other change
//! is an upcast, a new schema, and a new file.

use std::{collections::BTreeSet, fs, path::Path};

use domain::{
    Aggregate,
    catalog::{self, Visitor, event_types},
    event::{self, Encoded},
};
use serde_json::Value;

#[test]
fn every_event_ever_written_can_be_read() {
    for Golden { name, stored } in golden_files() {
        let mut reread = Reread::of(stored.clone());
        catalog::visit(&mut reread);
        let reread = reread.result.unwrap_or_else(|| panic!("{name}: no noun has this event"));
        let current = reread.unwrap_or_else(|error| panic!("{name}: {error}"));

        let today = catalog::kinds()[stored.event_type.as_str()].schema;
        assert_eq!(current.schema, today, "{name}");
        if stored.schema == today {
            // Else the shape changed and the schema did not.
            assert_eq!(current.data, stored.data, "{name}");
        }
    }
}

#[test]
fn every_event_has_a_golden_file_for_each_schema_it_had() {
    let present: BTreeSet<_> = golden_files()
        .into_iter()
        .map(|golden| (golden.stored.event_type, golden.stored.schema))
        .collect();
    for (event_type, kind) in catalog::kinds() {
        let written = if kind.is_summary { kind.schema..=kind.schema } else { 1..=kind.schema };
        for schema in written {
            let wanted = ((*event_type).to_owned(), schema);
            assert!(present.contains(&wanted), "fixtures/events/{event_type}.{schema}.json");
        }
    }
}

#[test]
fn an_event_of_a_newer_release_is_refused_by_name() {
    for Golden { stored, .. } in golden_files() {
        let today = catalog::kinds()[stored.event_type.as_str()].schema;
        let mut reread = Reread::of(Encoded { schema: today + 1, ..stored.clone() });
        catalog::visit(&mut reread);
        let error = reread.result.unwrap().unwrap_err();
        assert!(error.contains(&stored.event_type), "{error}");
    }
}

struct Golden {
    name: String,
    stored: Encoded,
}

fn golden_files() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|file| golden(&file)).collect()
}

/// Reads `agent_token.created.1.bare.json`: a type of two words, a schema, maybe a variant.
fn golden(file: &Path) -> Golden {
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let words: Vec<&str> = name.split('.').collect();
    let [noun, verb, schema, ..] = words[..] else { panic!("{name}: not a golden file") };
    let data: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let event_type = format!("{noun}.{verb}");
    let stored = Encoded { event_type, schema: schema.parse().unwrap(), data };
    Golden { name, stored }
}

/// Decodes an event as the noun it belongs to, and encodes it again.
struct Reread {
    stored: Encoded,
    result: Option<Result<Encoded, String>>,
}

impl Reread {
    fn of(stored: Encoded) -> Self {
        Self { stored, result: None }
    }
}

impl Visitor for Reread {
    fn noun<A: Aggregate>(&mut self) {
        if event_types::<A::Event>().contains(&self.stored.event_type.as_str()) {
            let decoded = event::decode::<A::Event>(&self.stored);
            self.result = Some(match decoded {
                Ok(event) => event::encode(&event).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            });
        }
    }
}
