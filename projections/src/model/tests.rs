use std::collections::HashSet;

use uuid::Uuid;

use super::*;

/// What the tables of each version are. A line is added when a version is; none is ever changed.
const TABLES: [(&str, i32, &str); 20] = [
    ("users", 1, "f3c61d09-eb01-5093-8845-9eedfb0bbb12"),
    ("workspaces", 1, "322ad253-fc9d-55b1-81d4-6090954604fa"),
    ("agent_tokens", 1, "252f3550-ab78-5b2a-873e-6d824374c4bf"),
    ("token_families", 1, "78218835-7f8e-5cec-9a35-13169fa94e8f"),
    ("revocations", 1, "a0dfe095-3e65-5946-b42c-42ae41b01945"),
    ("revocations", 2, "77c63098-6ab7-51aa-aa6f-cc6a2a975cf9"),
    ("audit_events", 1, "aaf9412d-5d9b-53cd-9ab2-8e3aaaf4cc29"),
    ("audit_events", 2, "aaf9412d-5d9b-53cd-9ab2-8e3aaaf4cc29"),
    ("pairing_codes", 1, "77629fa0-9a83-59de-8fad-4739d4cfde47"),
    ("logins", 1, "acb29b1c-a078-5b50-be72-0b91a63a22ef"),
    ("audit_events", 3, "aaf9412d-5d9b-53cd-9ab2-8e3aaaf4cc29"),
    ("users", 2, "a580450a-7127-5e82-925c-6206c4d60106"),
    ("connected_accounts", 1, "e720bf48-92f3-5330-9d51-5be7eb03be2d"),
    ("token_families", 2, "2f0fa5b8-a652-543f-8d4e-3bb6069e218c"),
    ("oauth_clients", 1, "fc862328-1530-55a6-a603-d5a57024f8d9"),
    ("oauth_authorizations", 1, "b07687dd-c962-57a7-bd5f-2ab58418fc3e"),
    ("audit_events", 4, "aaf9412d-5d9b-53cd-9ab2-8e3aaaf4cc29"),
    ("revocations", 3, "9ac1b5d1-8237-5217-ab10-4df319c2d448"),
    ("audit_events", 5, "aaf9412d-5d9b-53cd-9ab2-8e3aaaf4cc29"),
    ("oauth_clients", 2, "52132180-2a37-5be8-a1e3-3420fe9b85ce"),
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
