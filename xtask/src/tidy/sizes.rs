//! Sizes: a file that wants more than a few screens is two nouns.

use super::tree::files;

/// No file written by hand has more lines.
const HARD: usize = 500;

/// Nine in ten Rust files have fewer.
const SOFT: usize = 300;

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<String> = files()
        .iter()
        .filter(|file| !file.is_generated())
        .map(|file| (file.text.lines().count(), &file.path))
        .filter(|(lines, _)| *lines > HARD)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split by noun:\n{}", long.join("\n"));
}

#[test]
fn nine_in_ten_rust_files_are_shorter_than_300_lines() {
    let sizes: Vec<(usize, String)> = files()
        .into_iter()
        .filter(super::tree::File::is_rust)
        .map(|file| (file.text.lines().count(), file.path))
        .collect();
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines >= SOFT).collect();
    assert!(long.len() * 10 <= sizes.len(), "{} of {}: {long:#?}", long.len(), sizes.len());
}
