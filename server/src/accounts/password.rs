//! Passwords: argon2id, off the async threads, a few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{Error, Result};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and a core for a moment; more at once would only make a flood of sign-ins a shortage of both.
const AT_ONCE: usize = 2;

/// What an unknown e-mail is checked against, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

#[derive(Clone)]
pub(super) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The PHC string that is stored.
    pub(super) async fn hash(&self, password: String) -> Result<String> {
        self.blocking(move || hash(&password)).await?
    }

    /// False also for an account that is not there; that takes as long.
    pub(super) async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        self.blocking(move || {
            // A stored text that is no hash (an account without a password) never opens either.
            let known = stored.as_deref().and_then(|stored| PasswordHash::new(stored).ok());
            let verified = match &known {
                Some(stored) => Argon2::default().verify_password(password.as_bytes(), stored).is_ok(),
                None => {
                    PasswordHash::new(&NOBODY).is_ok_and(|nobody| Argon2::default().verify_password(password.as_bytes(), &nobody).is_ok())
                }
            };
            known.is_some() && verified
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _turn = self.0.acquire().await.map_err(|_| Error::Internal)?;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "hashing a password failed");
            Error::Internal
        })
    }
}

fn hash(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| {
        tracing::error!(%error, "hashing a password failed");
        Error::Internal
    })
}
