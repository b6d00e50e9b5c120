//! The ledger: what a driver asked for and what it was told, kept where no fault reaches.
//!
//! A command leaves a line before it is sent and a line after its answer, each on disk before
//! anything else happens. What the service acknowledged can then be held against its log.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The command's number in this ledger.
    pub number: u64,
    /// The id that the service gave the request, which its events carry as `$correlationId`; none
    /// where there was no answer.
    pub request: Option<Uuid>,
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
    next: AtomicU64,
}

impl Ledger {
    /// Begins a ledger.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::options().create_new(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), next: AtomicU64::new(0) })
    }

    /// Notes that a command is about to be sent, and gives it its number.
    pub fn intend(&self, kind: Kind) -> Result<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.note(&Entry { number, request: None, kind, outcome: Outcome::Intent })?;
        Ok(number)
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
    let mut entries = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let entry: Entry =
            serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        entries.insert(entry.number, entry);
    }
    Ok(entries.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_command_counts() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let ledger = Ledger::create(&folder.path().join("ledger"))?;
        let number = ledger.intend(Kind::Register)?;
        ledger.intend(Kind::CreateToken)?;
        let request = Some(Uuid::nil());
        let outcome = Outcome::Ok;
        ledger.note(&Entry { number, request, kind: Kind::Register, outcome })?;
        let read: Vec<_> = read(ledger.path())?.iter().map(|it| (it.number, it.outcome)).collect();
        assert_eq!(read, [(0, Outcome::Ok), (1, Outcome::Intent)]);
        Ok(())
    }
}
