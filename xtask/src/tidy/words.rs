//! Words: what a file says first, and what none may say.

use super::tree::files;

/// Unfinished work has no place in the tree; neither has one machine's layout.
///
/// Written in two halves, or this file would accuse itself.
const BANNED: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("to", "do!("),
    ("unimpl", "emented!("),
    ("db", "g!("),
    ("#[ign", "ore"),
    ("#[al", "low("),
    ("#![al", "low("),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("/wo", "rk/"),
    // Documents that are not here.
    ("contracts", " §"),
    ("contracts", ".md"),
    ("performance", ".md"),
    ("eventstoredb", ".md"),
];

#[test]
fn no_file_holds_unfinished_work_or_a_path_of_one_machine() {
    let banned: Vec<String> = BANNED.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let mut found = Vec::new();
    for file in files().iter().filter(|file| !file.is_generated()) {
        for (number, line) in file.text.lines().enumerate() {
            let words = banned.iter().filter(|word| line.contains(word.as_str()));
            found.extend(words.map(|word| format!("{}:{}: `{word}`", file.path, number + 1)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_module_begins_by_saying_what_it_is() {
    let silent: Vec<String> = files()
        .into_iter()
        // The tests of a noun lie beside it, and its name says what they are.
        .filter(|file| file.is_rust() && !file.path.ends_with("/tests.rs"))
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert!(silent.is_empty(), "no doc comment on the first line: {silent:#?}");
}
