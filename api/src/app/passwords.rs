//! Passwords: hashed with Argon2id, a few at a time, off the runtime.
//!
//! Each hash takes 19 MiB and about 15 ms (OWASP's second recommendation), so the number at work
//! is that of the cores, the number that wait is bounded, and more are refused: guessing must not
//! become a way to stop everybody else.

use std::{sync::Arc, thread};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::{Salt, SaltString},
};
use domain::{Secret, password::WeakSecret, username::Username};
use store::random;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use crate::error::Error;

/// Passwords that wait for a core.
const QUEUE: usize = 50;

/// How a hash was made, for the event beside it.
pub const KDF: &str = "argon2id,m=19456,t=2,p=1";

/// A password's hash in the PHC string format; to be kept in the vault.
pub type Hash = Secret<String>;

/// The cores that hash.
#[derive(Clone)]
pub struct Passwords {
    /// Everyone at work or waiting.
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    /// The hash of a password nobody knows, so that an unknown name costs what a known one does.
    nobodys: Arc<Hash>,
}

/// One place at a core.
pub struct Turn {
    nobodys: Arc<Hash>,
    _place: OwnedSemaphorePermit,
    _core: OwnedSemaphorePermit,
}

impl Passwords {
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, Into::into);
        let nobodys = hash(&Secret::new(hex::encode(random::bytes::<16>().expose())));
        Self {
            places: Arc::new(Semaphore::new(cores + QUEUE)),
            cores: Arc::new(Semaphore::new(cores)),
            nobodys: Arc::new(nobodys),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    ///
    /// [`Error::Overloaded`] if too many wait already.
    pub async fn turn(&self) -> Result<Turn, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Error::Overloaded)?;
        let core = Arc::clone(&self.cores).acquire_owned().await;
        let core = core.map_err(|_| Error::Overloaded)?;
        Ok(Turn { nobodys: Arc::clone(&self.nobodys), _place: place, _core: core })
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Turn {
    /// Judges a new password; searching it for common ones can take as long as hashing it.
    pub async fn check(
        &self,
        name: &Username,
        password: &Secret<String>,
    ) -> Result<Result<(), WeakSecret>, Error> {
        let (name, password) = (name.clone(), password.clone());
        blocking(move || domain::password::check(&name, &password)).await
    }

    pub async fn hash(&self, password: &Secret<String>) -> Result<Hash, Error> {
        let password = password.clone();
        blocking(move || hash(&password)).await
    }

    /// Tells whether `password` is the one hashed. Without a hash the answer is no, at the same
    /// cost.
    pub async fn verify(
        &self,
        password: &Secret<String>,
        against: Option<Hash>,
    ) -> Result<bool, Error> {
        let known = against.is_some();
        let against = against.unwrap_or_else(|| Secret::clone(&self.nobodys));
        let password = password.clone();
        let matches = blocking(move || verify(&password, &against)).await?;
        Ok(known && matches)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    task::spawn_blocking(work).await.map_err(|panicked| Error::Internal(panicked.into()))
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None);
    let params = params.expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Secret<String>) -> Hash {
    let salt = random::bytes::<{ Salt::RECOMMENDED_LENGTH }>();
    let salt = SaltString::encode_b64(salt.expose()).expect("the salt has the recommended length");
    let hash = argon2().hash_password(password.expose().as_bytes(), &salt);
    Secret::new(hash.expect("a password is far below Argon2's limit").to_string())
}

/// By the parameters that the hash names, so that raising ours voids no password.
fn verify(password: &Secret<String>, against: &Hash) -> bool {
    PasswordHash::new(against.expose())
        .is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_that_was_hashed_is_right() {
        let passwords = Passwords::new();
        let turn = passwords.turn().await.unwrap();
        let hash = turn.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(turn.verify(&secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!turn.verify(&secret("correct horsf"), Some(hash)).await.unwrap());
        assert!(!turn.verify(&secret("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_refused() {
        let passwords = Passwords::new();
        let _all = Arc::clone(&passwords.places)
            .acquire_many_owned(u32::try_from(passwords.places.available_permits()).unwrap())
            .await
            .unwrap();
        assert!(matches!(passwords.turn().await, Err(Error::Overloaded)));
    }
}
