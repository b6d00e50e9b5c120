//! Claims: every test that the documents name is there.

use std::collections::BTreeSet;

use super::tree::files;

/// Documents whose tables name tests.
const DOCUMENTS: [&str; 1] = ["docs/security.md"];

#[test]
fn every_test_that_a_document_names_is_there() {
    let files = files();
    let code: Vec<&str> =
        files.iter().filter(|file| file.is_rust()).map(|file| file.text.as_str()).collect();
    let documents = files.iter().filter(|file| DOCUMENTS.contains(&file.path.as_str()));
    let named: BTreeSet<&str> = documents.flat_map(|file| names(&file.text)).collect();
    assert!(!named.is_empty(), "the documents name no test");
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| {
            let function = format!("fn {name}(");
            !code.iter().any(|text| text.contains(&function))
        })
        .collect();
    assert!(missing.is_empty(), "no such test: {missing:#?}");
}

/// What stands between backticks in the last cell of a row and looks like a function.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = rows.filter_map(|row| row.rsplit('|').next());
    let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted.filter(|name| {
        name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
    })
}
