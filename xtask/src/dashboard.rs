//! The dashboard: built by Node into the folder that the binary serves from.

use std::{fs, path::Path, process::Command, time::SystemTime};

use anyhow::Result;

use crate::{chores::install_node_packages, process::step, tools, workspace_root};

/// Where it lies.
pub const FOLDER: &str = "dashboard";

/// What the build reads.
const SOURCES: [&str; 6] =
    ["build", "index.html", "package-lock.json", "src", "tsconfig.json", "vite.config.ts"];

/// Builds it, unless what is built is newer than what it is built from.
pub fn build() -> Result<()> {
    let folder = workspace_root().join(FOLDER);
    install_node_packages(Path::new(FOLDER))?;
    let built = changed(&folder.join("dist/index.html"));
    let newest = SOURCES.iter().filter_map(|source| changed(&folder.join(source))).max();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    step("build the dashboard", &mut npm(&["run", "--silent", "build", "--", "--logLevel=warn"]))
}

/// Builds it where Node is found, and says how to get it where it is not.
pub fn build_if_possible() -> Result<()> {
    if tools::node_is_new_enough() {
        return build();
    }
    println!(
        "! dashboard: Node {} or newer was not found, so it was NOT built, and the service starts \
         without it. To get it: https://nodejs.org/en/download",
        tools::NODE
    );
    Ok(())
}

/// Writes the types of its operations again.
pub fn generate() -> Result<()> {
    tools::ensure_node()?;
    install_node_packages(Path::new(FOLDER))?;
    step("dashboard: types of operations", &mut npm(&["run", "--silent", "gen"]))
}

/// Types, lints, generated operations and unit tests.
pub fn check() -> Result<()> {
    install_node_packages(Path::new(FOLDER))?;
    step("dashboard: types and lints", &mut npm(&["run", "--silent", "check"]))?;
    step("dashboard: unit tests", &mut npm(&["run", "--silent", "test"]))
}

/// The pages in a real browser, against the built service.
pub fn browser_tests() -> Result<()> {
    step("dashboard: browser tests", &mut npm(&["run", "--silent", "e2e"]))
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(workspace_root().join(FOLDER)).args(arguments);
    command
}

/// When the file, or the newest file below the folder, was changed.
fn changed(path: &Path) -> Option<SystemTime> {
    let metadata = path.metadata().ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    let inside = fs::read_dir(path).ok()?.flatten();
    inside.filter_map(|entry| changed(&entry.path())).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_as_new_as_the_newest_file_in_it() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (old, new) = (folder.path().join("old"), folder.path().join("deep/new"));
        fs::create_dir(folder.path().join("deep"))?;
        for (file, seconds) in [(&old, 1), (&new, 2)] {
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            fs::File::create(file)?.set_modified(at)?;
        }
        assert_eq!(changed(folder.path()), changed(&new));
        assert_eq!(changed(&folder.path().join("absent")), None);
        Ok(())
    }
}
