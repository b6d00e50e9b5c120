//! Data folder: everything a node keeps on its machine, for one process at a time.
//!
//! Nobody but its owner may look into it (0700); every file made here is 0600 from its first
//! moment on.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use domain::Secret;

const LOCK: &str = "lock";

/// How long somebody who has the folder may take to let it go: a process that was killed has it until
/// the system has cleared away what it held.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is looked whether the folder is free.
const PAUSE: Duration = Duration::from_millis(20);

/// A folder that this process alone uses, until this is dropped.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and takes it.
    ///
    /// # Errors
    ///
    /// If another process keeps it.
    pub(super) fn take(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("the data folder {}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(named)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).with_context(named)?;
        let path = path.canonicalize().with_context(named)?;
        let lock = private().truncate(false).open(path.join(LOCK)).with_context(named)?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => anyhow::bail!(
                    "{} is in use by another process; stop it, or name another folder (--data)",
                    path.display()
                ),
                Err(TryLockError::Error(error)) => return Err(error).with_context(named),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a secret kept here; none if it was never written.
    pub(super) fn read_secret(&self, name: &str) -> anyhow::Result<Option<Secret<String>>> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Keeps a secret here, whole or not at all, whenever the machine may stop.
    pub(super) fn write_secret(&self, name: &str, secret: &Secret<String>) -> anyhow::Result<()> {
        let (path, draft) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let write = || {
            let mut file = private().truncate(true).open(&draft)?;
            file.write_all(secret.expose().as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| path.display().to_string())
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // A child process has a copy of every open file until it runs its program, and the lock lasts
        // as long as the last copy; so closing ours would not do. Failing leaves what closing does.
        let _ = self.lock.unlock();
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::take(place.path()).unwrap();
        let problem = DataFolder::take(place.path()).unwrap_err().to_string();
        assert!(problem.contains("in use by another process"), "{problem}");
        drop(folder);
        DataFolder::take(place.path()).unwrap();
    }

    #[test]
    fn a_folder_that_is_let_go_meanwhile_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::take(place.path()).unwrap();
        let ending = thread::spawn(move || {
            thread::sleep(PAUSE * 3);
            drop(folder);
        });
        DataFolder::take(place.path()).unwrap();
        ending.join().unwrap();
    }

    #[test]
    fn a_folder_let_go_is_free_though_a_copy_of_its_lock_is_still_open() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::take(place.path()).unwrap();
        let copy = folder.lock.try_clone().unwrap();
        drop(folder);
        DataFolder::take(place.path()).unwrap();
        drop(copy);
    }

    #[test]
    fn nobody_else_may_look() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::take(&place.path().join("a/b")).unwrap();
        assert_eq!(mode(folder.path()), 0o700);
        assert!(folder.read_secret("key").unwrap().is_none());
        folder.write_secret("key", &Secret::new("s".into())).unwrap();
        folder.write_secret("key", &Secret::new("secret".into())).unwrap();
        assert_eq!(folder.read_secret("key").unwrap().unwrap().expose(), "secret");
        assert_eq!(mode(&folder.path().join("key")), 0o600);
    }
}
