//! Hashing passwords, with argon2id, on threads that may be blocked; a few at a time, since each takes memory.

use std::fmt::Write;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::secret::Secret;
use crate::clock::Entropy;
use crate::error::{EngineError, EngineResult};

/// Kibibytes that one hash takes: what the field recommends at the least, with two passes.
const MEMORY_KIB: u32 = 19 * 1_024;

const PASSES: u32 = 2;

const LANES: u32 = 1;

/// Hashes at once: 76 MiB.
const AT_ONCE_MAX: usize = 4;

/// Who waits to be hashed, beside those who are: some seconds of work, and nobody waits longer than that for an answer.
const WAITING_MAX: usize = 64;

/// When whoever found too many before them is to come again, in milliseconds.
const RETRY_AFTER_MS: u64 = 2_000;

/// Bytes of a salt.
const SALT_BYTES: usize = 16;

pub(super) struct Hashing {
    entropy: Arc<dyn Entropy>,
    working: Arc<Semaphore>,
    waiting: Semaphore,
    /// Of no password: it is compared with where there is none, so that this takes as long.
    nobodys: Arc<str>,
}

impl Hashing {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Hashing {
            entropy,
            working: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            waiting: Semaphore::new(AT_ONCE_MAX + WAITING_MAX),
            nobodys: nobodys(),
        }
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`]
    pub(super) async fn hash(&self, password: &Secret) -> EngineResult<Arc<str>> {
        let password = password.normalised();
        let drawn = self.entropy.draw();
        self.aside(move || {
            let salt = drawn.get(..SALT_BYTES).unwrap_or_default();
            let hashed = argon2()?.hash_password_with_salt(password.reveal().as_bytes(), salt);
            hashed.map(|hash| Arc::from(hash.to_string())).map_err(broken)
        })
        .await
    }

    /// Whether it is the password of this PHC string. Without one it takes as long, and is not.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`], [`EngineError::Damaged`]
    pub(super) async fn is(&self, password: &Secret, hash: Option<&Arc<str>>) -> EngineResult<bool> {
        let password = password.normalised();
        let (there_is_one, hash) = (hash.is_some(), hash.unwrap_or(&self.nobodys).clone());
        self.aside(move || {
            let verified = argon2()?.verify_password(password.reveal().as_bytes(), &*hash);
            match verified {
                Ok(()) => Ok(there_is_one),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(other) => Err(broken(other)),
            }
        })
        .await
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> EngineResult<T> + Send + 'static) -> EngineResult<T> {
        let Ok(_waiting) = self.waiting.try_acquire() else {
            return Err(EngineError::Overloaded {
                retry_after_ms: RETRY_AFTER_MS,
            });
        };
        let place = self.working.clone().acquire_owned().await;
        let place = place.map_err(|_| EngineError::ShuttingDown)?;
        // The thread holds its place itself: whoever asked may go away, and the memory is still taken.
        let worked = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        worked.await.unwrap_or(Err(EngineError::ShuttingDown))
    }
}

fn argon2() -> EngineResult<Argon2<'static>> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let parameters = parameters.map_err(|error| EngineError::Damaged(format!("the parameters of argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

fn broken(error: argon2::password_hash::Error) -> EngineError {
    EngineError::Damaged(format!("a password's hash: {error}"))
}

/// As long as any other, and of nothing that was ever hashed.
fn nobodys() -> Arc<str> {
    let mut text = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
    let no_words = "writing to a text cannot fail";
    write!(text, "{}${}", "A".repeat(22), "A".repeat(43)).expect(no_words);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededEntropy;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_nothing_else_is() {
        let hashing = Hashing::new(Arc::new(SeededEntropy::of(7)));
        let password = Secret::from("correct horse battery");
        let hash = hashing.hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hashing.is(&password, Some(&hash)).await.unwrap());
        assert!(!hashing.is(&Secret::from("correct horse batterz"), Some(&hash)).await.unwrap());
        // the same again has another salt
        assert_ne!(hashing.hash(&password).await.unwrap(), hash);
        // of nobody it is no password, whatever it is
        assert!(!hashing.is(&password, None).await.unwrap());
        let damaged = hashing.is(&password, Some(&"$argon2id$".into())).await;
        assert!(matches!(damaged, Err(EngineError::Damaged(_))), "{damaged:?}");
    }

    #[tokio::test]
    async fn no_more_wait_than_may() {
        let hashing = Hashing::new(Arc::new(SeededEntropy::of(7)));
        let _all = hashing.waiting.try_acquire_many((AT_ONCE_MAX + WAITING_MAX) as u32).unwrap();
        let refused = hashing.hash(&Secret::from("correct horse battery")).await;
        assert!(matches!(refused, Err(EngineError::Overloaded { .. })), "{refused:?}");
    }
}
