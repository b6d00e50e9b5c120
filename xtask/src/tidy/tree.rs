//! The files of the repository: what is tracked, and what is about to be.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::workspace_root;

/// One text file.
pub(crate) struct File {
    /// From the root of the workspace, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Whether nobody wrote it by hand, so that the rules of style do not hold.
    pub(crate) fn is_generated(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        matches!(name, "Cargo.lock" | "package-lock.json" | "schema.graphql")
            || self.path.starts_with(".sqlx/")
            || self.path == "dashboard/src/graphql/generated.ts"
            // What a genuine server answered: data.
            || self.path.starts_with("embedded-store/tests/golden/")
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|it| it == extension)
    }

    /// Its lines that are code, each with its number: no comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(index, line)| (index + 1, line))
    }
}

/// Every text file that git knows, or would take on the next `git add`.
pub(crate) fn files() -> Vec<File> {
    let output = Command::new("git")
        .current_dir(workspace_root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .expect("git lists the files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths: BTreeSet<String> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    assert!(!paths.is_empty(), "no files: is this a git repository?");
    // A listed file may have just been removed; a binary one is no text.
    let read = |path: String| {
        let text = fs::read_to_string(workspace_root().join(&path)).ok()?;
        Some(File { path, text })
    };
    paths.into_iter().filter_map(read).collect()
}
