//! Password hashes: argon2id, on blocking threads, with a limited number at once.
//!
//! Systems encode the same letter differently: é is one character, or e and a combining accent. New hashes use the password's NFKC form.
//! Older hashes use the text as typed; these are tried in each Unicode form.

use super::{guessable::refuse_guessable, token};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{Actor, Error, Result, UserId, accounts::Device};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

/// Concurrent hashes. Each takes 19 MiB and a core; more at once would let a flood of sign-ins use up both. This many permits for unknown
/// devices and as many for known ones, so that a queue of strangers does not delay known devices.
const AT_ONCE: usize = 2;

/// The hash checked for an unknown e-mail, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

#[derive(Clone)]
pub(super) struct Passwords {
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    /// One hash at a time per account, so that one account cannot delay the others. Holds only accounts with hashes under way.
    own: Arc<Mutex<HashMap<Queue, Arc<Semaphore>>>>,
}

/// Whether from a known device, and the account.
type Queue = (bool, Whose);

/// The account that a hash is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Whose(Uuid);

impl Whose {
    /// The actor's account; one for all actors without an account.
    pub(super) fn of(actor: &Actor) -> Self {
        Self(actor.user_id().map_or_else(Uuid::nil, |id| id.0))
    }

    /// An unknown e-mail queues like an account, so that waiting tells nothing.
    pub(super) fn unknown(email: &str) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&token::hash(email)[..16]);
        Self(Uuid::from_bytes(id))
    }
}

impl From<UserId> for Whose {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}

/// How a stored hash matches the typed password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    No,
    Yes,
    /// It matches another Unicode form than NFKC; hash it anew.
    Unnormalised,
}

impl Fit {
    pub(super) fn opens(self) -> bool {
        self != Self::No
    }
}

impl Default for Passwords {
    fn default() -> Self {
        let permits = || Arc::new(Semaphore::new(AT_ONCE));
        Self { strangers: permits(), known: permits(), own: Arc::default() }
    }
}

impl Passwords {
    /// The PHC string that is stored for a new password of the person with this e-mail and name.
    ///
    /// # Errors
    /// `Invalid` on `password` when it is easily guessed.
    pub(super) async fn hash(&self, password: String, whose: Whose, email: &str, name: &str) -> Result<String> {
        refuse_guessable(&password, email, name)?;
        self.rehash(password, whose).await
    }

    /// As `hash`, for someone who has proved nothing yet.
    pub(super) async fn hash_of_stranger(&self, password: String, email: &str, name: &str) -> Result<String> {
        refuse_guessable(&password, email, name)?;
        self.blocking(Device::Unknown, Whose::unknown(email), move || hash(&normal(&password))).await?
    }

    /// The PHC string for an accepted password, guessable or not.
    pub(super) async fn rehash(&self, password: String, whose: Whose) -> Result<String> {
        // Callers have already proved a password, a link or the setup token, so they use the permits of known devices.
        self.blocking(Device::Known, whose, move || hash(&normal(&password))).await?
    }

    /// Also checks (and returns `No`) without an account, which takes as long.
    pub(super) async fn verify(&self, password: String, stored: Option<String>, device: Device, whose: Whose) -> Result<Fit> {
        self.blocking(device, whose, move || {
            // A stored text that is not a hash (an account without a password) never matches.
            let known = stored.as_deref().and_then(|stored| PasswordHash::new(stored).ok());
            let nobody = PasswordHash::new(&NOBODY).ok();
            let mut fit = Fit::No;
            for (nth, form) in forms(&password).iter().enumerate() {
                let against = known.as_ref().or(nobody.as_ref());
                let opens = against.is_some_and(|hash| Argon2::default().verify_password(form.as_bytes(), hash).is_ok());
                if opens && known.is_some() {
                    fit = if nth == 0 { Fit::Yes } else { Fit::Unnormalised };
                    break;
                }
            }
            fit
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, device: Device, whose: Whose, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let own = {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
            own.entry((device == Device::Known, whose)).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
        };
        let own = own.acquire_owned().await.map_err(|_| Error::Internal)?;
        let permits = match device {
            Device::Unknown => &self.strangers,
            Device::Known => &self.known,
        };
        let permit = permits.clone().acquire_owned().await.map_err(|_| Error::Internal)?;
        // The permit is released when the hash ends, not when the request is dropped: a disconnect must not start another hash.
        let hashing = move || {
            let _permits = (permit, own);
            work()
        };
        tokio::task::spawn_blocking(hashing).await.map_err(|error| {
            tracing::error!(%error, "hashing a password failed");
            Error::Internal
        })
    }
}

fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// The Unicode forms of a password, NFKC first. Most passwords have only one.
fn forms(password: &str) -> Vec<String> {
    let mut forms = vec![normal(password)];
    for other in [password.to_owned(), password.nfc().collect(), password.nfd().collect()] {
        if !forms.contains(&other) {
            forms.push(other);
        }
    }
    forms
}

fn hash(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| {
        tracing::error!(%error, "hashing a password failed");
        Error::Internal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: Whose = Whose(Uuid::from_u128(1));
    const BEN: Whose = Whose(Uuid::from_u128(2));

    #[tokio::test]
    async fn letters_are_the_same_however_they_are_written() {
        let passwords = Passwords::default();
        let [composed, decomposed] = ["caf\u{e9} au lait, s'il", "cafe\u{301} au lait, s'il"];
        for (old, typed) in [(composed, decomposed), (decomposed, composed), (composed, composed), (decomposed, decomposed)] {
            let new = passwords.hash(old.to_owned(), ANA, "ana@example.com", "Ana").await.unwrap();
            assert_eq!(passwords.verify(typed.to_owned(), Some(new), Device::Unknown, ANA).await, Ok(Fit::Yes));
            let before = hash(old).unwrap();
            let fit = if old == composed { Fit::Yes } else { Fit::Unnormalised };
            assert_eq!(passwords.verify(typed.to_owned(), Some(before), Device::Unknown, ANA).await, Ok(fit), "{old:?} {typed:?}");
        }
        // A ligature and full-width letters, hashed as they were typed.
        let odd = "\u{fb01}ne \u{ff57}ords here";
        assert_eq!(passwords.verify(odd.to_owned(), Some(hash(odd).unwrap()), Device::Unknown, ANA).await, Ok(Fit::Unnormalised));
        assert_eq!(
            passwords.verify("another cafe\u{301}".to_owned(), Some(hash(composed).unwrap()), Device::Unknown, ANA).await,
            Ok(Fit::No)
        );
        assert_eq!(passwords.verify(composed.to_owned(), None, Device::Unknown, ANA).await, Ok(Fit::No));
        assert_eq!(passwords.verify(String::new(), Some(String::new()), Device::Unknown, ANA).await, Ok(Fit::No));
        assert_eq!(forms("plain words").len(), 1, "one hash is enough for most");
    }

    #[tokio::test]
    async fn a_queue_of_strangers_does_not_hold_up_a_known_device() {
        use futures::FutureExt;
        let passwords = Passwords::default();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let strangers: Vec<_> = (0..20)
            .map(|n| {
                let stranger = Whose::unknown(&n.to_string());
                let (passwords, held) = (passwords.clone(), held.clone());
                tokio::spawn(async move {
                    passwords.blocking(Device::Unknown, stranger, move || held.lock().unwrap().recv().unwrap_err()).await
                })
            })
            .collect();
        while passwords.strangers.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(passwords.verify("x".to_owned(), None, Device::Unknown, BEN).now_or_never().is_none());
        let sign_up = passwords.hash_of_stranger("some long words".to_owned(), "cleo@example.com", "Cleo");
        assert!(sign_up.now_or_never().is_none());
        assert_eq!(passwords.verify("x".to_owned(), None, Device::Known, ANA).await, Ok(Fit::No));
        drop(hold);
        for stranger in strangers {
            stranger.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn whoever_asks_for_many_hashes_waits_behind_themselves() {
        let passwords = Passwords::default();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let many: Vec<_> = (0..20)
            .map(|_| {
                let (passwords, held) = (passwords.clone(), held.clone());
                tokio::spawn(async move { passwords.blocking(Device::Known, ANA, move || held.lock().unwrap().recv().unwrap_err()).await })
            })
            .collect();
        while passwords.known.available_permits() == AT_ONCE {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.verify("x".to_owned(), None, Device::Known, BEN).await, Ok(Fit::No));
        drop(hold);
        for one in many {
            one.await.unwrap().unwrap();
        }
        assert_eq!(passwords.verify("x".to_owned(), None, Device::Known, ANA).await, Ok(Fit::No));
        assert_eq!(passwords.own.lock().unwrap().len(), 1, "whoever is done leaves no trace");
    }
}
