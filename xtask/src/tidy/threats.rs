//! Threats: what `docs/threats.md` says is tested, is.

use super::tree::files;

#[test]
fn every_test_that_the_table_of_threats_names_is_there() {
    let files = files();
    let table = files.iter().find(|file| file.path == "docs/threats.md").expect("the table");
    let rows = table.text.lines().filter(|line| line.starts_with("| ") && !line.contains("---"));
    let named = rows.filter_map(|row| row.trim_end_matches('|').rsplit_once('|'));
    let named = named.flat_map(|(_, tests)| tests.split('`').skip(1).step_by(2));
    let mut count = 0;
    for name in named {
        count += 1;
        let there = files.iter().any(|file| file.is_rust() && is_in(&file.text, name));
        assert!(there, "there is no test `{name}`");
    }
    assert!(count > 50, "the table was not read");
}

fn is_in(text: &str, name: &str) -> bool {
    text.match_indices("fn ").any(|(place, _)| {
        text[place + 3..].strip_prefix(name).is_some_and(|rest| rest.starts_with('('))
    })
}
