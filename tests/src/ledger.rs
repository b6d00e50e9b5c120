//! The ledger: what a driver asked for and what it was told, kept where no fault reaches.
//!
//! A command leaves a line before it is sent and a line after its answer, each on disk before
//! anything else happens. What the service acknowledged can then be held against its log.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The request's id, which its events carry as `$correlationId`.
    pub request: Uuid,
    pub kind: Kind,
    pub outcome: Outcome,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Register,
    Authenticate,
    RotateRefreshToken,
    CreateToken,
    RenameToken,
    RevokeToken,
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// About to be sent.
    Intent,
    /// Acknowledged.
    Ok,
    /// Refused for good.
    Refused,
    /// No answer, or one that says nothing about what happened: 5xx, a reset, a timeout.
    Unknown,
}

/// A ledger that is being written. Writers share it.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
}

impl Ledger {
    /// Opens a ledger, new or not.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Notes that a command is about to be sent.
    pub fn intend(&self, request: Uuid, kind: Kind) -> Result<()> {
        self.note(&Entry { request, kind, outcome: Outcome::Intent })
    }

    /// Notes how it came out.
    pub fn note(&self, entry: &Entry) -> Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = self.file.lock().ok().context("a writer panicked")?;
        file.write_all(&line)?;
        Ok(file.sync_data()?)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads a ledger: one entry for each command, the latest line that was written of it.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(path)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let entry: Entry =
            serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        match places.get(&entry.request) {
            None => {
                places.insert(entry.request, entries.len());
                entries.push(entry);
            }
            Some(place) => entries[*place] = entry,
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_command_counts() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let ledger = Ledger::open(&folder.path().join("ledger"))?;
        let [one, other] = [1, 2].map(Uuid::from_u128);
        ledger.intend(one, Kind::Register)?;
        ledger.intend(other, Kind::CreateToken)?;
        ledger.note(&Entry { request: one, kind: Kind::Register, outcome: Outcome::Ok })?;
        let read: Vec<_> = read(ledger.path())?.iter().map(|it| (it.request, it.outcome)).collect();
        assert_eq!(read, [(one, Outcome::Ok), (other, Outcome::Intent)]);
        Ok(())
    }
}
