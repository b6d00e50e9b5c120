//! What holds for every aggregate, whatever is asked of it and in whatever order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    fs,
    path::Path,
    sync::LazyLock,
};

use serde_json::Value;

use crate::{Aggregate, StoredEvent, Time, event};

/// How many folds from a summary are compared with the one from the start.
const FOLLOWED: usize = 10;

/// Carries out `commands`, each at its time, and checks after each that the laws hold.
///
/// * Nothing panics, whatever the order.
/// * Every event survives the log, in a shape that a golden file shows.
/// * Folding from a summary, wherever it stands, gives the state that folding from the start does.
///
/// # Panics
///
/// If one of them is broken.
pub(crate) fn hold<A>(commands: &[(A::Command, Time)])
where
    A: Aggregate + PartialEq + Debug,
    A::Event: PartialEq + Debug,
{
    let mut state = A::default();
    let mut since_summary: Vec<A> = vec![];
    for (command, at) in commands {
        let Ok(events) = state.decide(command) else { continue };
        for event in events {
            survives_the_log(&event);
            let evolve = |state: A| state.evolve(&event, *at);
            since_summary = since_summary.into_iter().map(evolve).collect();
            state = state.evolve(&event, *at);
        }
        if let Some(summary) = state.summarise() {
            survives_the_log(&summary);
            assert_eq!(state.clone().evolve(&summary, *at), state, "a summary changes nothing");
            if since_summary.len() < FOLLOWED {
                since_summary.push(A::default().evolve(&summary, *at));
            }
        }
        for folded in &since_summary {
            assert_eq!(*folded, state, "a fold from a summary goes another way");
        }
    }
}

fn survives_the_log<E: StoredEvent + PartialEq + Debug>(event: &E) {
    let encoded = event::encode(event).expect("rules hold sealed fields closed");
    let mut members = BTreeSet::new();
    collect_members("", &encoded.data, &mut members);
    let shown = golden_members(&encoded.event_type, encoded.schema);
    assert!(members.is_subset(shown), "{}: no golden file shows {members:?}", encoded.event_type);
    assert_eq!(event::decode::<E>(&encoded).unwrap(), *event);
}

/// The members of objects in the golden files of an event, as paths.
fn golden_members(event_type: &str, schema: usize) -> &'static BTreeSet<String> {
    static GOLDEN: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(read_golden_files);
    GOLDEN.get(&format!("{event_type}.{schema}")).expect("every event has a golden file")
}

fn read_golden_files() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let mut golden = BTreeMap::<String, BTreeSet<String>>::new();
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap()) {
        let name = file.file_name().into_string().unwrap();
        let words: Vec<&str> = name.splitn(4, '.').collect();
        let data = serde_json::from_str(&fs::read_to_string(file.path()).unwrap()).unwrap();
        collect_members("", &data, golden.entry(words[..3].join(".")).or_default());
    }
    golden
}

fn collect_members(path: &str, value: &Value, members: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{path}/{name}");
                collect_members(&path, value, members);
                members.insert(path);
            }
        }
        Value::Array(list) => {
            for value in list {
                collect_members(path, value, members);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
