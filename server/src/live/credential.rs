//! Rechecks the credentials of open sockets. Sockets with the same credential share one check.

use domain::{Actor, ActorRef, Error, Result, services::AccountService};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Interval of the check. With the 1 second that accounts cache an actor, a socket closes within 5 seconds after its session ended, its key
/// was revoked or expired, or its role changed, on any node or by a command.
const RECHECK: Duration = Duration::from_secs(3);
/// Maximum open sockets per session (each browser tab has one).
const SOCKETS: usize = 64;
/// Maximum open sockets per API key, whose program may serve many users.
const SOCKETS_OF_KEY: usize = 2_000;

/// Credentials of this node's sockets, each with its present actor.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    watched: Arc<Mutex<HashMap<String, watch::Sender<Option<Actor>>>>>,
}

impl Credentials {
    fn watched(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Option<Actor>>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches the actor of a secret; `None` once it is no longer valid. `changed` triggers a check at once.
    ///
    /// # Errors
    /// `TooMany` when the session or key has too many sockets.
    pub(super) fn watch(
        &self,
        accounts: &Arc<dyn AccountService>,
        secret: &str,
        actor: &Actor,
        changed: watch::Receiver<u64>,
    ) -> Result<watch::Receiver<Option<Actor>>> {
        let mut watched = self.watched();
        if let Some(known) = watched.get(secret) {
            let most = if matches!(actor.who, ActorRef::Key { .. }) { SOCKETS_OF_KEY } else { SOCKETS };
            if known.receiver_count() >= most {
                return Err(Error::TooMany { retry_after: 60 });
            }
            return Ok(known.subscribe());
        }
        let (sender, receiver) = watch::channel(Some(actor.clone()));
        watched.insert(secret.to_owned(), sender.clone());
        tokio::spawn(self.clone().follow(accounts.clone(), secret.to_owned(), sender, changed));
        Ok(receiver)
    }

    async fn follow(
        self,
        accounts: Arc<dyn AccountService>,
        secret: String,
        sender: watch::Sender<Option<Actor>>,
        mut changed: watch::Receiver<u64>,
    ) {
        loop {
            tokio::select! {
                () = sender.closed() => {
                    let mut watched = self.watched();
                    // A socket may have subscribed since `closed` resolved.
                    if sender.receiver_count() == 0 {
                        watched.remove(&secret);
                        return;
                    }
                }
                _ = changed.changed() => {}
                () = tokio::time::sleep(RECHECK) => {}
            }
            // After an error of the database the last actor is valid until the next check.
            if let Ok(actor) = accounts.actor(&secret).await {
                sender.send_if_modified(|known| {
                    let other = *known != actor;
                    *known = actor;
                    other
                });
            }
        }
    }
}
