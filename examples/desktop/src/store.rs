//! The file that keeps the token between two starts: ours alone, and never half written.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::pair::Paired;

pub(crate) struct Store(PathBuf);

/// `~/.local/share/keyledger-desktop/token.json`, or where XDG says.
pub(crate) fn usual_file() -> Result<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || Some(Path::new(&std::env::var_os("HOME")?).join(".local/share"));
    let data = data.or_else(home).context("neither XDG_DATA_HOME nor HOME is set")?;
    Ok(data.join("keyledger-desktop/token.json"))
}

impl Store {
    pub(crate) fn at(file: PathBuf) -> Self {
        Self(file)
    }

    pub(crate) fn read(&self) -> Result<Option<Paired>> {
        match fs::read(&self.0) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).context("the token file")?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("the token file"),
        }
    }

    pub(crate) fn write(&self, paired: &Paired) -> Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let next = self.0.with_extension("next");
        let _ = fs::remove_file(&next);
        // 0600 from its first moment.
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
        file.write_all(&serde_json::to_vec(paired)?)?;
        file.sync_all()?;
        fs::rename(next, &self.0).context("the token file")
    }

    pub(crate) fn forget(&self) -> Result<()> {
        fs::remove_file(&self.0).context("the token file")
    }
}
