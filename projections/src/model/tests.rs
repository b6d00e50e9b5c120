use std::collections::HashSet;

use uuid::Uuid;

use super::*;

/// What the tables of each version are. A line is added when a version is; none is ever changed.
const TABLES: [(&str, i32, &str); 6] = [
    ("users", 1, ""),
    ("workspaces", 1, ""),
    ("agent_tokens", 1, ""),
    ("token_families", 1, ""),
    ("revocations", 1, ""),
    ("audit_events", 1, ""),
];

#[test]
fn other_tables_are_another_version() {
    for model in all() {
        let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, model.tables.as_bytes()).to_string();
        let known = TABLES.iter().find(|line| (line.0, line.1) == (model.name, model.version));
        let Some((.., tables)) = known else { panic!("{} has no line here", model.name) };
        assert_eq!(*tables, fingerprint, "{}: raise its version", model.name);
    }
}

#[test]
fn a_table_is_known_by_its_name_alone() {
    let mut names = HashSet::new();
    for model in all() {
        for line in model.tables.lines() {
            if let Some(name) = line.strip_prefix("create table ") {
                assert!(names.insert(name), "{name} is in two read models");
            }
        }
    }
}
