//! Child processes: announced before they start, and named when they fail.

use std::{ffi::OsStr, process::Command, time::Instant};

use anyhow::{Context as _, Result, bail};

use crate::workspace_root;

/// Says what begins, runs it to its end, and fails with its command line if it fails.
pub fn step(title: &str, command: &mut Command) -> Result<()> {
    let began = Instant::now();
    println!("▶ {title}");
    let line = spelled(command);
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("{title} failed: `{line}` ended with {status}");
    }
    println!("✓ {title} ({} s)", began.elapsed().as_secs());
    Ok(())
}

/// A cargo command in the workspace, by the cargo that runs us.
///
/// Select with `--workspace`, also for one binary: another selection of packages unifies features
/// otherwise, and compiles hundreds of dependencies a second time.
pub fn cargo<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root()).args(arguments);
    command
}

/// What a command prints on its standard output; `None` where it is absent or fails.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn spelled(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
