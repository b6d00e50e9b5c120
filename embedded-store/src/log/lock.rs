//! The lock that keeps other processes, and other stores of this one, out of a log.

use crate::Error;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How long somebody who has the lock may take to give it free: a process that was killed has it until
/// the system has cleared away what it held.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is looked whether the lock is free.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock beside a database file; given free when dropped, or by the operating system when the
/// process ends.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock of the database at `path`, be that there or not; blocks for as long as somebody
    /// has it, at most two seconds.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if somebody keeps it.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = PathBuf::from(beside);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)
            .map_err(|source| Error::File { path: beside.clone(), source })?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { path: path.to_owned() });
                }
                Err(TryLockError::Error(source)) => {
                    return Err(Error::File { path: beside, source });
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A child process has a copy of every open file until it runs its program, and the lock lasts
        // as long as the last copy; so closing ours would not do. Failing leaves what closing does.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Lock, PAUSE, thread};

    #[test]
    fn a_lock_keeps_everyone_else_out() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.db");
        let _taken = Lock::take(&log).unwrap();
        assert!(matches!(Lock::take(&log), Err(Error::Locked { .. })));
    }

    #[test]
    fn a_lock_that_is_given_free_meanwhile_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.db");
        let taken = Lock::take(&log).unwrap();
        let ending = thread::spawn(move || {
            thread::sleep(PAUSE * 3);
            drop(taken);
        });
        Lock::take(&log).unwrap();
        ending.join().unwrap();
    }

    #[test]
    fn a_lock_given_free_is_free_though_a_copy_of_its_file_is_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.db");
        let lock = Lock::take(&log).unwrap();
        let copy = lock.0.try_clone().unwrap();
        drop(lock);
        Lock::take(&log).unwrap();
        drop(copy);
    }
}
