//! Layers: words that may not be said in a folder, whatever its crate may depend on.

use super::tree::{File, files};

/// A rule: where it holds, what may not be said there, and why.
struct Law {
    holds: fn(&str) -> bool,
    words: &'static [&'static str],
    reason: &'static str,
}

const LAWS: &[Law] = &[
    Law {
        holds: |path| path.starts_with("api/src/app/") || path.starts_with("api/src/reactors/"),
        words: &["axum", "async_graphql"],
        reason: "handlers and resolvers translate; what the service does knows neither",
    },
    Law {
        holds: |path| path.starts_with("store/src/"),
        words: &["ExpectedRevision::Any", "StreamState::Any", "StreamExists"],
        reason: "only `Exact` and `NoStream` arbitrate between two writers",
    },
    Law {
        holds: |path| is_product(path) && !path.starts_with("store/"),
        words: &["eventstore::"],
        reason: "`store` is the only crate that talks to the log",
    },
    Law {
        holds: |path| is_product(path) && !path.starts_with("projections/"),
        words: &["sqlx::query", "query!(", "query_as!(", "query_scalar!("],
        reason: "`projections` is the only crate that writes SQL",
    },
    Law {
        holds: |path| path.starts_with("domain/src/"),
        words: &[
            "async fn",
            ".await",
            "std::time::SystemTime",
            "std::time::Instant",
            "std::env",
            "std::fs",
        ],
        reason: "the rules are pure",
    },
    Law {
        holds: |path| path.starts_with("embedded-store/src/"),
        words: &["keyledger", "agent_token"],
        reason: "it serves any user of EventStoreDB's protocol",
    },
];

#[test]
fn each_folder_speaks_only_of_what_it_may_know() {
    let files = files();
    let broken: Vec<String> = LAWS.iter().flat_map(|law| violations(law, &files)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn violations(law: &Law, files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_rust() && (law.holds)(&file.path))
        .flat_map(|file| file.code().map(move |(number, line)| (file, number, line)))
        .filter_map(|(file, number, line)| {
            let word = law.words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{number}: `{word}`: {}", file.path, law.reason))
        })
        .collect()
}

/// Source that ends up in the binary; its tests may look at the log and the tables directly.
fn is_product(path: &str) -> bool {
    let crates = ["domain/src/", "store/src/", "projections/src/", "api/src/"];
    crates.iter().any(|it| path.starts_with(it)) && !path.contains("tests")
}
