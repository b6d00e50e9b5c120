//! `audit export`: the history as NDJSON, to stdout or to a file that can be continued.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::Deserialize;
use store::Position;

use super::ask::hear;
use crate::{
    admin::{
        Operation,
        operation::{AuditOperation, Export},
    },
    config::Config,
};

/// Writes the events that `export` asks for; with `resume`, only those that `out` does not hold.
pub(super) async fn export(
    config: Config,
    mut export: Export,
    out: Option<PathBuf>,
    resume: bool,
) -> anyhow::Result<()> {
    let mut writer: BufWriter<Box<dyn Write + Send>> = match &out {
        None => BufWriter::new(Box::new(io::stdout())),
        Some(path) => {
            let (file, last) = open(path, resume)?;
            export.after = export.after.or(last);
            BufWriter::new(Box::new(file))
        }
    };
    let operation = Operation::Audit(AuditOperation::Export(export));
    let outcome = hear(config, operation, |event| {
        serde_json::to_writer(&mut writer, &event).map_err(io::Error::from)?;
        Ok(writer.write_all(b"\n")?)
    })
    .await;
    // What came before a failure is good, and can be continued from.
    writer.flush()?;
    let outcome = outcome?;
    let sha256 = outcome["sha256"].as_str().unwrap_or_default();
    eprintln!("events: {}, sha256: {sha256}", outcome["events"]);
    Ok(())
}

/// Opens the file for writing at its end; returns the position of its last whole line.
fn open(path: &Path, resume: bool) -> anyhow::Result<(File, Option<Position>)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    if !resume {
        let file = options.create_new(true).open(path).with_context(|| {
            format!("cannot make {}; to go on with a file, add --resume", path.display())
        })?;
        return Ok((file, None));
    }
    let mut file = options
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    let (length, last) = whole_lines(&file)?;
    file.set_len(length)?;
    file.seek(io::SeekFrom::End(0))?;
    Ok((file, last))
}

/// Returns how long the whole lines are, and the position on the last of them. A line that was
/// cut off is not whole.
fn whole_lines(file: &File) -> anyhow::Result<(u64, Option<Position>)> {
    #[derive(Deserialize)]
    struct Line {
        position: Position,
    }

    let (mut length, mut last, mut line) = (0, None, String::new());
    let mut reader = BufReader::new(file);
    while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
        let event: Line = serde_json::from_str(&line).context("the file is no export")?;
        length += line.len() as u64;
        last = Some(event.position);
        line.clear();
    }
    anyhow::ensure!(line.is_empty() || line.starts_with('{'), "the file is no export");
    Ok((length, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_was_cut_off_goes_on_after_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.ndjson");
        let whole = format!("{{\"position\":\"{}\"}}\n", Position::from_u64(7).encode());
        std::fs::write(&path, format!("{whole}{{\"posi")).unwrap();

        let (mut file, last) = open(&path, true).unwrap();
        assert_eq!(last, Some(Position::from_u64(7)));
        file.write_all(b"next\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{whole}next\n"));
    }

    #[test]
    fn an_export_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.ndjson");
        std::fs::write(&path, "precious").unwrap();
        assert!(open(&path, false).is_err());
        assert!(open(&path, true).is_err(), "it is no export");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
