//! The golden scenarios: this server answers as a genuine one did.

mod compare;
mod describe;
mod groups;
mod player;
mod requests;
mod script;

use std::{fs, path::PathBuf};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn load<T: serde::de::DeserializeOwned>(kind: &str, name: &str) -> T {
    let text = fs::read_to_string(folder(kind).join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Plays a scenario against a store of its own and compares every step's answer.
async fn plays_as_recorded(name: &str) {
    let scenario: script::Scenario = load("scenarios", name);
    let recorded: Vec<script::Recorded> = load("expected", name);
    let answers = player::play(&scenario, &recorded).await;
    assert_eq!(answers.len(), recorded.len(), "every step is played");
    let mut differences = Vec::new();
    for (index, (step, (answer, recorded))) in
        scenario.steps.iter().zip(answers.iter().zip(&recorded)).enumerate()
    {
        let genuine = compare::judged(step, &recorded.result);
        let ours = compare::judged(step, answer);
        if genuine != ours {
            differences.push(format!("step {index}\n genuine {genuine}\n ours    {ours}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

macro_rules! scenarios {
    ($($test:ident = $name:literal),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                plays_as_recorded($name).await;
            }
        )*

        #[test]
        fn no_scenario_is_left_out() {
            let mut played = vec![$($name.to_owned()),*];
            let mut recorded: Vec<_> = fs::read_dir(folder("scenarios"))
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            played.sort();
            recorded.sort();
            assert_eq!(played, recorded);
        }
    };
}

scenarios! {
    all_filtered_reads = "all-filtered-reads",
    all_reads = "all-reads",
    append_empty = "append-empty",
    append_existing_stream = "append-existing-stream",
    append_idempotent_any = "append-idempotent-any",
    append_idempotent_exact = "append-idempotent-exact",
    append_invalid = "append-invalid",
    append_new_stream = "append-new-stream",
    append_same_id_right_revision = "append-same-id-right-revision",
    append_size = "append-size",
    batch = "batch",
    delete_idempotent_after = "delete-idempotent-after",
    delete_matrix = "delete-matrix",
    delete_return_any = "delete-return-any",
    delete_return_exact = "delete-return-exact",
    delete_twice_and_return = "delete-twice-and-return",
    links = "links",
    metadata = "metadata",
    persistent_all = "persistent-all",
    persistent_dropped = "persistent-dropped",
    persistent_lifecycle = "persistent-lifecycle",
    persistent_links = "persistent-links",
    persistent_read = "persistent-read",
    persistent_timeout = "persistent-timeout",
    read_bounds = "read-bounds",
    read_max_age = "read-max-age",
    read_truncated = "read-truncated",
    server = "server",
    subscribe_all = "subscribe-all",
    subscribe_all_filtered = "subscribe-all-filtered",
    subscribe_stream = "subscribe-stream",
    subscribe_truncated = "subscribe-truncated",
    tombstone_everything_after = "tombstone-everything-after",
    tombstone_matrix = "tombstone-matrix",
}
