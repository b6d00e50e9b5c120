//! Migrations: forward only, and each says on its first line whose it is.

use super::tree::{File, files};

fn migrations() -> Vec<File> {
    files().into_iter().filter(|it| it.path.starts_with("migrations/")).collect()
}

#[test]
fn the_first_line_of_a_migration_names_its_owner() {
    for file in migrations().iter().filter(|it| it.has_extension("sql")) {
        let first = file.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("-- Owner: "), "{}: `{first}`", file.path);
    }
}

#[test]
fn no_migration_goes_backwards() {
    for file in migrations() {
        assert!(!file.path.ends_with("down.sql"), "{}: read models are rebuilt instead", file.path);
    }
}
